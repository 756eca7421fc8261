"""Export controls as dated provisions: what is controlled, for whom, on which day, and why.

``determine(book, item, request)`` answers one question with its reasons; the engine underneath knows no law, and the
books hold it.
"""
