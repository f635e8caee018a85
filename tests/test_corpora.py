"""Labelled pages from files, and the parts their sites fall in."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from pagesieve import BadInput
from training.corpora import corpora_folder, read_pages
from training.dataset import PARTS, part_of, site_of

ROW = {"html": "<p>x</p>", "gold_text": "x", "url": "https://www.shop.example.co.uk/a", "must_have": ["x"]}


@pytest.mark.parametrize("packed", [False, True])
def test_pages_are_read_plain_and_compressed(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("mine.jsonl.xz" if packed else "mine.jsonl")
    body = (json.dumps(ROW) + "\n").encode()
    path.write_bytes(lzma.compress(body) if packed else body)
    (page,) = read_pages(path)
    assert (page.corpus, page.id, page.gold, page.must_have) == ("mine", "1", "x", ("x",))


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", '{"html": 3, "gold_text": ""}', '{"html": "<p>", "gold_text": 1}']
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + line + "\n")
    with pytest.raises(BadInput, match=r"mine\.jsonl, line 2"):
        list(read_pages(path))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--corpora"):
        corpora_folder(tmp_path / "nowhere")


def test_pages_of_one_site_share_a_part(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    rows = [ROW, ROW | {"url": "http://blog.example.co.uk/b"}, ROW | {"url": None}]
    path.write_text("\n".join(map(json.dumps, rows)))
    sites = [site_of(page) for page in read_pages(path)]
    assert sites == ["example.co.uk", "example.co.uk", "mine/3"]
    assert all(0 <= part_of(site) < PARTS for site in sites)
