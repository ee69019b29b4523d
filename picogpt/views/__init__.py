"""What the pages show of a run of the model: views, each answering one question about a text.

`inspect` answers several from one forward pass. Importing this package fills `VIEWS`.
"""

from picogpt.views import blocks, feed_forward, lines, prediction, tokens, unembedding
from picogpt.views.inspection import inspect
from picogpt.views.registry import VIEWS, Text

__all__ = [
    "VIEWS",
    "Text",
    "blocks",
    "feed_forward",
    "inspect",
    "lines",
    "prediction",
    "tokens",
    "unembedding",
]
