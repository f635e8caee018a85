"""The state of short pages and of plain text, by the release that is shipped."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pagesieve import clean

NOTES = [
    "The ferry to the island leaves at nine. Tickets are sold on board.",
    "Our office is closed on Monday for the holiday. We open again on Tuesday at eight.",
    "Die Bibliothek zieht im Mai um. Bis dahin bleiben die Öffnungszeiten unverändert.",
    "La salle des fêtes rouvre samedi. Un concert gratuit est prévu à dix-huit heures.",
    "El río subió dos metros durante la noche. Los vecinos del barrio bajo durmieron en la escuela.",
    "The council voted on Tuesday to rebuild the old stone bridge. Work is to begin in spring and to last "
    "for two years, during which lorries will be sent over the northern road.",
    "Grandmother's plum cake: beat four eggs with the sugar, fold in the flour and the melted butter, lay "
    "the plums on top and bake for forty minutes.",
    "Minutes of 4 March. Present: Anna, Yusuf, Mei. The budget was approved. Next meeting on 11 March.",
]
PAGES = [
    *(f"<title>Notice</title><p>{note}</p>" for note in NOTES),
    *(
        f"<!doctype html><html><body><article><h1>News</h1><p>{note}</p></article></body></html>"
        for note in NOTES
    ),
]
TEXTS = [*NOTES, *("\n\n".join((note, other)) for note, other in pairwise(NOTES))]
# What a reader gets instead of a page, and its state.
MESSAGES = [
    ("<title>404 Not Found</title><h1>Not Found</h1><p>The page you asked for was not found here.", "error"),
    ("<title>Just a moment...</title><h1>Checking your browser</h1><p>Enable JavaScript and cookies to "
     "continue.</p><p>Ray ID: 7c2f</p>", "blocked"),
    ("<title>Sign in</title><form action=/in><label>Password<input type=password name=p></label>"
     "<button>Sign in</button></form>", "login"),
]  # fmt: skip


@pytest.mark.parametrize("html", PAGES)
def test_a_page_of_two_sentences_is_a_page(html: str) -> None:
    assert clean(html).state == "ok"


@pytest.mark.parametrize("text", TEXTS)
def test_plain_text_is_no_wall(text: str) -> None:
    assert clean(text, content_type="text/plain").state == "ok"


@pytest.mark.parametrize(("html", "state"), MESSAGES)
def test_messages_are_still_told(html: str, state: str) -> None:
    assert clean(html).state == state
