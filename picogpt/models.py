"""Models by name: GPT-2's sizes on Hugging Face, small ones that ship with picogpt, one's own folders."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from picogpt.bpe import Encoder
from picogpt.checkpoint import WEIGHTS_NAME, load_checkpoint
from picogpt.download import fetch
from picogpt.errors import WeightsError
from picogpt.weights import HParams, Params

DEFAULT_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True)
class Published:
    """Where a size of GPT-2 is published; without a pinned sha256, the hub says which one to expect."""

    repository: str
    n_params: int = 0
    revision: str = "main"
    sha256: str = ""
    n_bytes: int | None = None

    def url(self, name: str) -> str:
        """The address of a file of the repository; HF_ENDPOINT may name a mirror."""
        endpoint = os.environ.get("HF_ENDPOINT", DEFAULT_ENDPOINT).rstrip("/")
        return f"{endpoint}/{self.repository}/resolve/{self.revision}/{name}"


PUBLISHED = {
    "124M": Published(
        "openai-community/gpt2",
        124_439_808,
        "607a30d783dfa663caf39e06633721c8d4cfcd7e",
        "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707",
        548_105_171,
    ),
    "355M": Published("openai-community/gpt2-medium", 354_823_168),
    "774M": Published("openai-community/gpt2-large", 774_030_080),
    "1558M": Published("openai-community/gpt2-xl", 1_557_611_200),
}


def shipped_folder() -> Path:
    """The folder of the models that come with picogpt: inside the installed package, or in the checkout."""
    package = Path(__file__).parent
    installed = package / "models"
    return installed if installed.is_dir() else package.parent / "site" / "models"


def shipped_names() -> list[str]:
    """Names of the models that come with picogpt."""
    return sorted(path.parent.name for path in shipped_folder().glob(f"*/{WEIGHTS_NAME}"))


def model_folder(model_size: str, models_dir: str | Path) -> Path:
    """The folder with the checkpoint `model_size`: in `models_dir`, shipped, or downloaded into `models_dir`.

    Raises WeightsError for a name that is none of them, DownloadError where the download fails.
    """
    folder = Path(models_dir) / model_size
    if (folder / WEIGHTS_NAME).is_file():
        return folder
    if model_size in PUBLISHED:
        _download(PUBLISHED[model_size], folder)
        return folder
    if model_size in shipped_names():
        return shipped_folder() / model_size
    names = ", ".join([*PUBLISHED, *shipped_names()])
    raise WeightsError(
        f"There is no model {model_size!r}: {folder / WEIGHTS_NAME} is not there.",
        f"Choose one of {names}, or a folder inside {models_dir} that has a {WEIGHTS_NAME}.",
    )


def _download(published: Published, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # all sizes share one vocabulary, which is small enough to ship
    shutil.copyfile(shipped_folder() / "gpt2" / "merges.txt", folder / "merges.txt")
    fetch(published.url(WEIGHTS_NAME), folder / WEIGHTS_NAME, published.sha256)


def load_encoder_hparams_and_params(
    model_size: str, models_dir: str | Path
) -> tuple[Encoder, HParams, Params]:
    """(encoder, hparams, params) of a model by name, downloaded if need be: picoGPT's function.

    Raises WeightsError, VocabularyError or DownloadError.
    """
    encoder, hparams, params = load_checkpoint(model_folder(model_size, models_dir))
    if encoder is None:
        raise WeightsError(
            f"The model {model_size!r} has no merges.txt.",
            "Put its merges beside the weights, or use load_checkpoint.",
        )
    return encoder, hparams, params
