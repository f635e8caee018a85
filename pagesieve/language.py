"""Which language a text is in."""

from __future__ import annotations

import re
from threading import local

import gcld3

# Characters looked at; more cost time and change little.
_SAMPLE = 600
# Fewer letters than this, and every guess is as good as another.
_LEAST_LETTERS = 12
_LETTER = re.compile(r"[^\W\d_]")
# Scripts that settle the language by themselves; CLD3 takes some Chinese for Hindi or Vietnamese.
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
# A script stands for the language when this share of the letters is written in it.
_MAJORITY = 0.3
# Kana among the characters of a Japanese text: about half; 5 % leave room for names in a Chinese one.
_JAPANESE = 0.05
# Codes of CLD3 that ISO 639-1 writes differently.
_RENAMED = {"iw": "he", "fil": "tl", "jw": "jv"}
_ISO_639_1 = 2
# The network keeps state while it works and lets go of the interpreter lock: one for each thread.
_mine = local()


def detect(text: str) -> str:
    """ISO 639-1 code of the language of a text, or "" when it is too short or unlike any language.

    By script where that is enough, else by CLD3 (Google's Compact Language Detector, a small neural network
    over character n-grams).

    >>> detect("Der Hund ist über den Zaun gesprungen und hat die Katze gejagt.")
    'de'
    >>> detect("404")
    ''
    """
    sample = " ".join(text[: 4 * _SAMPLE].split())[:_SAMPLE]
    letters = len(_LETTER.findall(sample))
    if letters < _LEAST_LETTERS:
        return ""
    return _by_script(sample, letters) or _by_network(sample)


def _by_script(sample: str, letters: int) -> str:
    kana, han, hangul = (len(script.findall(sample)) for script in (_KANA, _HAN, _HANGUL))
    if hangul > _MAJORITY * letters:
        return "ko"
    if kana + han > _MAJORITY * letters:
        return "ja" if kana > _JAPANESE * (kana + han) else "zh"
    return ""


def _by_network(sample: str) -> str:
    found = _identifier().FindLanguage(text=sample.encode("utf-8", "replace").decode())
    code = _RENAMED.get(found.language, found.language).partition("-")[0]
    return code if found.is_reliable and len(code) == _ISO_639_1 else ""


def _identifier() -> gcld3.NNetLanguageIdentifier:
    if not hasattr(_mine, "identifier"):
        _mine.identifier = gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=4 * _SAMPLE)
    return _mine.identifier
