"""The text as the model gets it."""

from picogpt.views.registry import Answer, Text, view


@view()
def tokens(text: Text) -> Answer:
    """The text's tokens: ids and pieces."""
    return {"ids": text.ids, "pieces": text.pieces}
