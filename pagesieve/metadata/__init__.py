"""What a page says about itself: title, author, date, site, canonical address and image.

Sources are JSON-LD, Open Graph, ``<meta>`` names, ``<link>`` and ``<h1>``. All of it is the page's own
claim, and often broken: what cannot be read counts as absent, and nothing here raises.
"""

from pagesieve.metadata.jsonld import linked_data, schema_types
from pagesieve.metadata.reading import Metadata, read_metadata
from pagesieve.metadata.title import read_title

__all__ = ["Metadata", "linked_data", "read_metadata", "read_title", "schema_types"]
