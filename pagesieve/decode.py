"""Bytes → text, as a browser would read them, and never an exception.

The order is that of the HTML standard (byte order mark, HTTP header, ``<meta>``, content), with one
departure: a declaration is overruled by bytes that are provably UTF-8, because a server's default
``charset=iso-8859-1`` in front of UTF-8 pages is the commonest lie on the web.
https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
"""

from __future__ import annotations

import codecs
import re

from bs4.dammit import EncodingDetector

# Codec → labels that mean it, written without punctuation. They are the labels of
# https://encoding.spec.whatwg.org/#names-and-labels, where older names stand for the superset that
# browsers really use. What is missing there (utf-7, utf-32, hz, ebcdic) is not a web encoding.
_LABELS = {
    "utf-8": "utf8 unicode11utf8 unicode20utf8 xunicode20utf8",
    "utf-16-le": "utf16 utf16le csunicode iso10646ucs2 ucs2 unicode unicodefeff",
    "utf-16-be": "utf16be unicodefffe",
    "cp866": "866 cp866 csibm866 ibm866",
    "cp874": "dos874 iso885911 tis620 windows874",
    "cp1250": "cp1250 windows1250 xcp1250",
    "cp1251": "cp1251 windows1251 xcp1251",
    "cp1252": "ansix341968 ascii cp1252 cp819 csisolatin1 ibm819 iso88591 isoir100 l1 latin1 usascii "
    "windows1252 xcp1252 xuserdefined",
    "cp1253": "cp1253 windows1253 xcp1253",
    "cp1254": "cp1254 csisolatin5 iso88599 isoir148 l5 latin5 windows1254 xcp1254",
    "cp1255": "cp1255 windows1255 xcp1255",
    "cp1256": "cp1256 windows1256 xcp1256",
    "cp1257": "cp1257 windows1257 xcp1257",
    "cp1258": "cp1258 windows1258 xcp1258",
    "iso8859-2": "csisolatin2 iso88592 isoir101 l2 latin2",
    "iso8859-3": "csisolatin3 iso88593 isoir109 l3 latin3",
    "iso8859-4": "csisolatin4 iso88594 isoir110 l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso88595 isoir144",
    "iso8859-6": "arabic asmo708 csiso88596e csiso88596i csisolatinarabic ecma114 iso88596 iso88596e "
    "iso88596i isoir127",
    "iso8859-7": "csisolatingreek ecma118 elot928 greek greek8 iso88597 isoir126 suneugreek",
    "iso8859-8": "csiso88598e csiso88598i csisolatinhebrew hebrew iso88598 iso88598e iso88598i isoir138 "
    "logical visual",
    "iso8859-10": "csisolatin6 iso885910 isoir157 l6 latin6",
    "iso8859-13": "iso885913",
    "iso8859-14": "iso885914",
    "iso8859-15": "csisolatin9 iso885915 l9",
    "iso8859-16": "iso885916",
    "koi8-r": "cskoi8r koi koi8 koi8r",
    "koi8-u": "koi8ru koi8u",
    "mac-roman": "csmacintosh mac macintosh xmacroman",
    "mac-cyrillic": "xmaccyrillic xmacukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb18030 gb2312 gb231280 gbk isoir58 xgbk",
    "cp950": "big5 big5hkscs cnbig5 csbig5 xxbig5",
    # The 2004 revision decodes all of EUC-JP the same way and adds the vendors' row 13.
    "euc-jis-2004": "cseucpkdfmtjapanese eucjp xeucjp",
    "iso2022-jp": "csiso2022jp iso2022jp",
    "cp932": "csshiftjis ms932 mskanji shiftjis sjis windows31j xsjis",
    "cp949": "cp949 cseuckr csksc56011987 euckr isoir149 korean ksc56011987 ksc56011989 ksc5601 windows949",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_SINGLE_BYTE = ("cp125", "cp866", "cp874", "iso8859", "koi8", "mac")
# Hong Kong's characters and those of Taiwan's Windows clash in places, so one is tried after the other.
_SECOND_CHOICE = {"cp950": "big5hkscs"}
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
# Mark-up is ASCII, of which UTF-16 makes a NUL in every second place, and no other encoding any.
_UTF16_NULS = 0.2
_FEWEST_NULS = 8

# The standard asks for 1,024 bytes; pages with the declaration after inlined scripts are common enough.
_PRESCAN_BYTES = 4_096
# Where the declaration of a page that is not UTF-8, and text to detect its encoding by, are looked for.
_DETECT_BYTES = 65_536
# Statistical detection, where bs4 finds a detector installed, costs milliseconds per kilobyte.
_SAMPLE_BYTES = 4_096
# One "É’" in Windows-1252 is also valid UTF-8; three coincidences and nothing invalid do not happen.
_PROOF_BYTES = 3
_LONGEST_SEQUENCE = 4

_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_XML_ENCODING = re.compile(rb"\s*<\?xml[^<>]*?\sencoding\s*=\s*[\"']([^\"'<>]+)")
_META = re.compile(rb"<meta[\s/]([^<>]*)", re.IGNORECASE)
# A name begins where none goes on, or a long one would be tried from each of its letters.
_ATTRIBUTE = re.compile(rb"(?<![^\s=/\"'<>])([^\s=/\"'<>]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))")
_TAG = re.compile(rb"<[^<>]*>")
_LANGUAGE = re.compile(rb"<html\b[^<>]*?\blang\s*=\s*[\"']?([a-zA-Z]{2})", re.IGNORECASE)
_LATIN = frozenset(
    "cp1250 cp1252 cp1254 cp1257 cp1258 iso8859-2 iso8859-3 iso8859-4 iso8859-10 iso8859-13 iso8859-14 "
    "iso8859-15 iso8859-16 mac-roman".split()
)
# Languages of the Latin script that are not Windows-1252 by default.
# https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding, step 9
_LANGUAGE_CODECS = {
    language: codec
    for codec, languages in {
        "cp1250": "cs hr sk ro bs sq",
        "iso8859-2": "hu pl sl",
        "cp1254": "az ku tr",
        "cp1257": "et lt lv",
        "cp1258": "vi",
    }.items()
    for language in languages.split()
}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)


def decode(body: bytes, content_type: str | None = None) -> str:
    """Text of a page or of plain text, without NULs; bytes that fit nothing become U+FFFD.

    Parameters
    ----------
    content_type
        Value of the HTTP header, e.g. ``text/html; charset=utf-8``.

    >>> decode(b"<p>caf\\xe9</p>", "text/html; charset=iso-8859-1")
    '<p>café</p>'
    """
    for mark, codec in _BYTE_ORDER_MARKS.items():
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace").replace("\0", "")
    if utf16 := _unmarked_utf16(body[:_PRESCAN_BYTES]):
        return body.decode(utf16, "replace").replace("\0", "")
    declared = _in_header(content_type) or _in_page(body[:_PRESCAN_BYTES])
    text = _undeclared(body) if declared in (None, "utf-8") else _declared(body, declared)
    return text.replace("\0", "")


def clean_text(text: str) -> str:
    """The text without NULs and with U+FFFD for lone surrogates, so that it can be encoded again.

    >>> clean_text("a\\0b\\ud800")
    'ab�'
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "")


def codec_of(label: str) -> str | None:
    """Python's codec for an encoding label of the web, None if it has none.

    Letters and digits alone decide, which takes in the usual misspellings (``utf_8``, ``windows1251``).

    >>> codec_of(" ISO-8859-1 "), codec_of("x-sjis"), codec_of("utf-7")
    ('cp1252', 'cp932', None)
    """
    name, _, _ = label.partition(":")
    return _CODECS.get("".join(filter(str.isalnum, name.lower())))


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a byte order mark, in the order of bytes that its NULs tell, whatever is declared.

    >>> _unmarked_utf16("\\n<p>a page</p>".encode("utf-16-be")), _unmarked_utf16(b"<p>a\\0b")
    ('utf-16-be', None)
    """
    first, second = head[0::2].count(0), head[1::2].count(0)
    most, fewest = max(first, second), min(first, second)
    if most < _FEWEST_NULS or most < _UTF16_NULS * len(head) / 2 or fewest > _UTF16_NULS * most:
        return None
    return "utf-16-be" if first > second else "utf-16-le"


def _in_header(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type or "")
    return codec_of(found[1]) if found else None


def _in_page(head: bytes) -> str | None:
    """The encoding that the page's first bytes declare.

    https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
    """
    head = _COMMENT.sub(b"", head)
    labels = [_meta_label(attributes) for attributes in _META.findall(head)]
    xml = _XML_ENCODING.match(head)
    if xml:
        labels.append(xml[1].decode("ascii", "replace"))
    codec = next(filter(None, map(codec_of, labels)), None)
    # The declaration has just been read as ASCII, so UTF-16 it is not.
    return "utf-8" if codec and codec.startswith("utf-16") else codec


def _meta_label(attributes: bytes) -> str:
    values: dict[bytes, str] = {
        name.lower(): (double or single or bare).decode("ascii", "replace")
        for name, double, single, bare in reversed(_ATTRIBUTE.findall(attributes))
    }
    if values.get(b"http-equiv", "").strip().lower() == "content-type":
        found = _CHARSET.search(values.get(b"content", ""))
        if found:
            return found[1]
    return values.get(b"charset", "")


def _undeclared(body: bytes) -> str:
    text = _strictly(body, "utf-8")
    if text is None:
        text = _mostly_utf8(body)
    return _detected(body) if text is None else text


def _declared(body: bytes, codec: str) -> str:
    utf8 = _strictly(body, "utf-8")
    text = _strictly(body, codec)
    if text is None and codec in _SECOND_CHOICE:
        text = _strictly(body, _SECOND_CHOICE[codec])
    if utf8 is not None and (text is None or _is_proof(body, utf8, codec)):
        return utf8
    if text is None:
        text = _mostly_utf8(body)
    return _replacing(body, codec) if text is None else text


def _is_proof(body: bytes, utf8: str, codec: str) -> bool:
    """Whether bytes that are valid UTF-8 can hardly be what was declared."""
    if codec.startswith("utf-16"):
        return "\0" not in utf8
    return len(body) - len(utf8) >= _PROOF_BYTES


def _strictly(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


def _replacing(body: bytes, codec: str) -> str:
    """Text with U+FFFD for what fits nothing."""
    if not codec.startswith(_SINGLE_BYTE):
        return body.decode(codec, "replace")
    # By a table that has U+FFFD: a call for each bad byte would take seconds for megabytes of them.
    table = bytes(range(256)).decode(codec, "replace")
    return codecs.charmap_decode(body, "strict", table)[0]


def _mostly_utf8(body: bytes) -> str | None:
    """UTF-8 with a few spoilt or cut-off characters; None if most characters beyond ASCII are invalid."""
    text = body.decode("utf-8", "replace")
    bad = text.count("�")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    cut_off = bad == 1 and "�" in text[-_LONGEST_SEQUENCE:] and body[-1] >= 0x80
    return text if cut_off or beyond_ascii - bad > bad else None


def _detected(body: bytes) -> str:
    """Text in an encoding declared late, else the one its letters or its language speak for.

    BeautifulSoup's detector tells scripts apart. Encodings of the Latin script share most bytes, and there
    its guesses are little better than chance, so the page's ``lang`` decides, as the HTML standard advises.
    """
    head = body[:_DETECT_BYTES]
    late = _in_page(head)
    if late and late != "utf-8":
        return _declared(body, late)
    sample = b" ".join(text for text in _TAG.split(head) if not text.isascii())[:_SAMPLE_BYTES]
    guessed = (codec_of(label) for label in EncodingDetector(sample).encodings)
    for codec in (*(codec for codec in guessed if codec not in _LATIN), _of_language(head)):
        text = _strictly(body, codec) if codec else None
        if text is not None:
            return text
    return _replacing(body, "cp1252")


def _of_language(head: bytes) -> str | None:
    found = _LANGUAGE.search(head)
    return _LANGUAGE_CODECS.get(found[1].decode("ascii").lower()) if found else None
