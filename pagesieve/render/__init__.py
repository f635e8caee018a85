"""Kept blocks → text, Markdown or HTML.

Each function takes the document and the numbers of the kept blocks in document order, and costs time linear
in both. Text of the page stays text: neither output can carry mark-up or scripts of the page.
"""

from pagesieve.render.html import to_html
from pagesieve.render.markdown import to_markdown
from pagesieve.render.text import to_text

__all__ = ["to_html", "to_markdown", "to_text"]
