"""What the pages show of a run of the model: views, each answering one question about a text.

`inspect` answers several from one forward pass. Importing this package fills `VIEWS`.
"""

from picogpt.views import (
    attention,
    blocks,
    embeddings,
    facts,
    feed_forward,
    generating,
    layer_norm,
    lines,
    prediction,
    prompting,
    sampling,
    surprise,
    tokenization,
    tokens,
    unembedding,
    vocabulary,
)
from picogpt.views.inspection import inspect
from picogpt.views.registry import VIEWS, Text

__all__ = [
    "VIEWS",
    "Text",
    "attention",
    "blocks",
    "embeddings",
    "facts",
    "feed_forward",
    "generating",
    "inspect",
    "layer_norm",
    "lines",
    "prediction",
    "prompting",
    "sampling",
    "surprise",
    "tokenization",
    "tokens",
    "unembedding",
    "vocabulary",
]
