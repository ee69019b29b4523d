"""The command line: `picogpt PROMPT` prints what GPT-2 writes next, as it writes it."""

import argparse
import os
import sys
from collections.abc import Iterator

from picogpt.errors import PicoGPTError
from picogpt.generate import Generation
from picogpt.models import PUBLISHED, load_encoder_hparams_and_params, shipped_names
from picogpt.sampling import GREEDY, Sampling


def stream_text(
    prompt: str,
    n_tokens_to_generate: int = 40,
    model_size: str = "124M",
    models_dir: str = "models",
    sampling: Sampling = GREEDY,
    seed: int | None = None,
    slide: bool = False,
) -> Iterator[str]:
    """The continuation of `prompt`, piece by piece. An empty prompt continues the start of a text."""
    encoder, hparams, params = load_encoder_hparams_and_params(model_size, models_dir)
    ids = encoder.encode(prompt) or [encoder.end_of_text]
    decoder = encoder.decoder()
    generation = Generation(
        *(ids, params, hparams["n_head"], n_tokens_to_generate, sampling, seed),
        stop_id=encoder.end_of_text,
        slide=slide,
    )
    for token in generation:
        yield decoder.feed(token.id)
    yield decoder.finish()
    if generation.reason == "context":
        full = f"the context of {generation.n_ctx} tokens is full; --slide goes on without the older half."
        print(f"\npicogpt: {full}", file=sys.stderr)


def main(
    prompt: str, n_tokens_to_generate: int = 40, model_size: str = "124M", models_dir: str = "models"
) -> str:
    """picoGPT's main: the greedy continuation of `prompt`, without the prompt itself."""
    return "".join(stream_text(prompt, n_tokens_to_generate, model_size, models_dir))


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    names = ", ".join([*PUBLISHED, *shipped_names()])
    options = argparse.ArgumentParser(
        "picogpt",
        description="GPT-2 in pure NumPy: continues a text.",
        epilog="Two more commands, each with a --help of its own: picogpt train, picogpt eval.",
    )
    options.add_argument("prompt", help="the text to continue; - reads it from standard input")
    options.add_argument("--n_tokens_to_generate", "-n", type=int, default=40, metavar="N", help="40")
    options.add_argument(
        "--model_size", "-m", default="124M", metavar="NAME", help=f"{names}, or a folder in models_dir"
    )
    options.add_argument(
        "--models_dir", default="models", metavar="DIR", help="where weights are kept (models)"
    )
    options.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        help="0 is greedy, the default; 1 if another of these is given",
    )
    options.add_argument(
        "--top_k", type=int, default=0, metavar="K", help="sample among the K likeliest (0: all)"
    )
    options.add_argument(
        "--top_p", type=float, default=1.0, metavar="P", help="… that reach the probability P (1: all)"
    )
    options.add_argument("--seed", type=int, metavar="S", help="makes sampling repeatable")
    options.add_argument(
        "--slide", action="store_true", help="when the context is full, forget the older half and go on"
    )
    return options


def _sampling(args: argparse.Namespace) -> Sampling:
    wants_chance = args.top_k != 0 or args.top_p != 1 or args.seed is not None
    temperature = args.temperature if args.temperature is not None else float(wants_chance)
    return Sampling(temperature, args.top_k, args.top_p)


def _continue_text(args: argparse.Namespace) -> None:
    prompt = sys.stdin.read() if args.prompt == "-" else args.prompt
    pieces = stream_text(
        *(prompt, args.n_tokens_to_generate, args.model_size, args.models_dir),
        *(_sampling(args), args.seed, args.slide),
    )
    for piece in pieces:
        print(piece, end="", flush=True)
    print()


def run(argv: list[str] | None = None) -> int:
    """Entry point of the `picogpt` command; its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv[:1] in (["train"], ["eval"]):
            from picogpt import train_cli

            return train_cli.COMMANDS[argv[0]](argv[1:])
        _continue_text(parser().parse_args(argv))
    except PicoGPTError as error:
        print(f"picogpt: {error.message}\n{error.hint}".rstrip(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:  # `picogpt … | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(run())
