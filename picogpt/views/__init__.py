"""What the pages show of a run of the model: views, each answering one question about a text.

`inspect` answers several from one forward pass. Importing this package fills `VIEWS`.
"""

from picogpt.views import lines, prediction, tokens
from picogpt.views.inspection import inspect
from picogpt.views.registry import VIEWS, Text

__all__ = ["VIEWS", "Text", "inspect", "lines", "prediction", "tokens"]
