"""The commands `picogpt train` and `picogpt eval`: a text of one's own, a model of one's own."""

import argparse
import sys
from pathlib import Path

from picogpt.bpe import Encoder
from picogpt.checkpoint import WEIGHTS_NAME, load_checkpoint
from picogpt.errors import SettingsError, VocabularyError
from picogpt.evaluate import evaluate
from picogpt.initial import initial_params
from picogpt.merges import learn_merges
from picogpt.models import PUBLISHED, model_folder
from picogpt.tokens import Batches, encode_texts, read_tokens, write_tokens
from picogpt.train import Settings
from picogpt.training_run import Run, n_cores
from picogpt.weights import HParams, Params

Model = tuple[Encoder, HParams, Params]


def train(argv: list[str]) -> int:
    """`picogpt train`: from scratch, or on from a checkpoint (`--init`); its exit status."""
    args = train_parser().parse_args(argv)
    text = _read(args.text)
    encoder, hparams, params = _load(args.init, args.models_dir) if args.init else _new(args, text)
    args.out.mkdir(parents=True, exist_ok=True)
    write_tokens(args.out / "tokens.npy", encode_texts(encoder, [text]))
    n_ctx = min(args.context, hparams["n_ctx"])
    batches = Batches(read_tokens(args.out / "tokens.npy"), n_ctx, args.batch, args.seed)
    held_out = encode_texts(encoder, [_read(args.held_out)]) if args.held_out else None
    run = Run(args.out, params, hparams, encoder, batches, _settings(args), held_out, args.save_every)
    try:
        run.train(args.threads)
    except KeyboardInterrupt:
        print("\npicogpt: stopped; the same command goes on from the last save.", file=sys.stderr)
        return 130
    print(f'picogpt "…" --models_dir {args.out.parent} --model_size {args.out.name}')
    return 0


def train_parser() -> argparse.ArgumentParser:
    """The options of `picogpt train`."""
    options = argparse.ArgumentParser(
        "picogpt train",
        description="Train a GPT-2 on a text of your own, from scratch or on from a checkpoint.",
    )
    add = options.add_argument
    add("--text", type=Path, required=True, metavar="FILE", help="what to learn, UTF-8")
    add(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="where the model goes; a run there is continued",
    )
    add("--init", metavar="NAME", help=f"begin with {', '.join(PUBLISHED)}, a shipped model, or a folder")
    add(
        "--models_dir",
        type=Path,
        default=Path("models"),
        metavar="DIR",
        help="where weights are kept (models)",
    )
    add("--held_out", type=Path, metavar="FILE", help="a text to measure on at each save, not to learn")
    add("--steps", type=int, default=1000, metavar="N", help="1000")
    add("--batch", type=int, default=8, metavar="N", help="texts a step (8)")
    add(
        "--context",
        type=int,
        default=256,
        metavar="N",
        help="tokens a text, at most the model's context (256)",
    )
    add("--texts_at_once", type=int, default=4, metavar="N", help="fewer need less memory (4)")
    add("--learning_rate", type=float, metavar="R", help="1e-3 from scratch, 5e-5 with --init")
    add(
        "--muon_learning_rate",
        type=float,
        default=0.0,
        metavar="R",
        help="above 0, Muon trains the blocks' matrices, faster from scratch; 0.02 is usual (0)",
    )
    add("--warmup", type=int, default=50, metavar="N", help="steps (50)")
    add("--dropout", type=float, default=0.1, metavar="P", help="0.1")
    add("--weight_decay", type=float, default=0.1, metavar="W", help="0.1")
    add("--seed", type=int, default=0, metavar="S", help="0")
    add("--save_every", type=int, default=100, metavar="N", help="steps (100)")
    add("--threads", type=int, default=n_cores(), metavar="N", help="all cores")
    scratch = options.add_argument_group("the model, when training from scratch")
    for name, number in (("merges", 1000), ("layers", 4), ("channels", 128), ("heads", 4)):
        scratch.add_argument(f"--{name}", type=int, default=number, metavar="N", help=str(number))
    return options


def _settings(args: argparse.Namespace) -> Settings:
    return Settings(
        n_steps=args.steps,
        learning_rate=args.learning_rate or (5e-5 if args.init else 1e-3),
        muon_learning_rate=args.muon_learning_rate,
        n_warmup=args.warmup,
        weight_decay=args.weight_decay,
        dropout=args.dropout,
        n_texts_at_once=args.texts_at_once,
        seed=args.seed,
    )


def _new(args: argparse.Namespace, text: str) -> Model:
    """A vocabulary learned from the text, and random weights."""
    for name in ("merges", "layers", "channels", "heads", "context"):
        if getattr(args, name) < 1:
            raise SettingsError(f"--{name} is {getattr(args, name)}.", "It must be at least 1.")
    encoder = Encoder(learn_merges(text, args.merges))
    hparams = HParams(
        n_vocab=encoder.n_vocab,
        n_ctx=args.context,
        n_embd=args.channels,
        n_head=args.heads,
        n_layer=args.layers,
    )
    return encoder, hparams, initial_params(hparams, args.seed)


def _load(name: str, models_dir: Path) -> Model:
    """A checkpoint by name or folder, which must have a vocabulary."""
    folder = Path(name) if (Path(name) / WEIGHTS_NAME).is_file() else model_folder(name, models_dir)
    encoder, hparams, params = load_checkpoint(folder)
    if encoder is None:
        raise VocabularyError(f"{folder} has no merges.txt, so text cannot be encoded for its model.")
    return encoder, hparams, params


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}.", "Give the path of a text file."
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path} is not UTF-8 (byte {error.start}).", "Save the text as UTF-8 and try again."
        ) from error


def eval_parser() -> argparse.ArgumentParser:
    """The options of `picogpt eval`."""
    options = argparse.ArgumentParser("picogpt eval", description="Measure how well a model predicts a text.")
    options.add_argument("--text", type=Path, required=True, metavar="FILE", help="UTF-8")
    options.add_argument(
        "--model_size", "-m", default="124M", metavar="NAME", help="a name or a folder (124M)"
    )
    options.add_argument("--models_dir", type=Path, default=Path("models"), metavar="DIR", help="models")
    options.add_argument(
        "--stride", type=int, metavar="N", help="tokens by which the window moves (half the context)"
    )
    return options


def evaluation(argv: list[str]) -> int:
    """`picogpt eval`: how well a model predicts a text; its exit status."""
    args = eval_parser().parse_args(argv)
    encoder, hparams, params = _load(args.model_size, args.models_dir)
    text = _read(args.text)
    from tqdm import tqdm

    with tqdm(total=len(encoder.encode(text)) + 1, unit="token", disable=not sys.stderr.isatty()) as bar:
        found = evaluate(
            text, encoder, params, hparams["n_head"], args.stride, lambda n_done: bar.update(n_done - bar.n)
        )
    print(f"{found.n_bytes:,} bytes, {found.n_tokens:,} tokens")
    print(f"nats per token  {found.nats_per_token:.4f}")
    print(f"perplexity      {found.perplexity:.2f}")
    print(f"nats per byte   {found.nats_per_byte:.4f}")
    return 0


COMMANDS = {"train": train, "eval": evaluation}
