"""Cues of a role: words that an element's names, a heading or a text uses when it is navigation, a share bar ….

A cue is evidence, not a decision: the role classifier weighs it. Words of texts and headings are in the
languages that most of the web is written in; names of elements are English nearly everywhere.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import HEADINGS, NAMING, Document
from pagesieve.features.lexicon import name_tokens
from pagesieve.features.structure import Ladder
from pagesieve.features.text import Columns

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]

# Tokens of class, id, role and the like.
NAMES = {
    "title": "headline title entry-title posttitle pagetitle heading",
    "meta": "byline author date time timestamp published publish meta tags tag category categories credit "
    "source dateline bio postmeta info details updated reading",
    "nav": "nav navigation navbar menu submenu breadcrumb breadcrumbs pagination pager paging toc tabs tab "
    "search filter filters facet sort topbar sitemap language lang login header logo skip navigate "
    "dropdown megamenu hamburger account cart sidenav",
    "related": "related recommended recommendation recommendations recirc recirculation more latest popular "
    "trending similar upsell crosssell read next prev previous teaser teasers suggested outbrain taboola "
    "mostread promo carousel sidebar widget rail news recent",
    "ad": "ad ads advert advertisement adslot sponsor sponsored newsletter subscribe subscription signup "
    "cta donate donation promo promotion banner optin paywall offer coupon download app buy cart "
    "popup modal leadgen",
    "social": "share sharing social follow facebook twitter linkedin pinterest whatsapp like likes reaction "
    "reactions rating ratings vote votes sharebar addthis sharethis clap copy",
    "comment": "comment comments commentlist reply replies respond disqus discussion commenter review "
    "reviews testimonial",
    "legal": "legal copyright cookie cookies consent gdpr privacy terms disclaimer disclosure imprint "
    "footer colophon notice address contact policy onetrust ccpa",
    "other": "sr hidden visually loading spinner error tooltip placeholder player video controls noscript "
    "screen hide accessibility label icon toast",
}
# Words of a text or heading; matched at word borders where the script has them.
TEXTS = {
    "meta": r"by|von|par|por|di|door|av|published|updated|posted|posted on|last modified|min read|reading time|"
    r"tags?|categor(?:y|ies)|filed under|author|written by|photo|image|credit|source|veröffentlicht|"
    r"aktualisiert|publié|publicado|pubblicato|bijgewerkt|stand|作者|来源|發布|发布|标签|更新",
    "nav": r"menu|home|search|log ?in|sign in|skip to|main content|next|previous|back|back to top|contact|about|"
    r"products|services|cart|account|page \d+|filter|sort by|show all|view all|see all|breadcrumb|"
    r"table of contents|startseite|suche|anmelden|inhalt|accueil|recherche|connexion|inicio|buscar|"
    r"zoeken|hjem|søk|首页|登录|搜索|ホーム|検索",
    "related": r"related|you (?:may|might) (?:also )?(?:like|enjoy)|recommended|more (?:from|stories|on|in|news|"
    r"articles|posts|like)|read (?:more|next|also)|most (?:read|popular|viewed)|latest|popular|"
    r"trending|recent (?:posts|articles|news)|similar|also (?:like|viewed|bought)|up next|"
    r"next (?:article|post|story)|previous (?:article|post|story)|don'?t miss|editor'?s picks|"
    r"what to read|featured|meistgelesen|mehr zum thema|lesen sie auch|das könnte|ähnliche|"
    r"weitere|articles? (?:liés|similaires)|à lire|lire aussi|relacionad[oa]s?|te puede interesar|"
    r"leia (?:também|mais)|leggi anche|lees ook|läs också|les også|相关|推荐|热门|関連|おすすめ|人気|関連記事|"
    r"관련|추천|berita terkait|baca juga|ilgili",
    "ad": r"advertisement|advertise|sponsored|subscribe|subscription|newsletter|sign up|get started|start (?:your|free|"
    r"now)|free trial|try (?:it )?(?:for )?free|book (?:a|now|your)|request a|schedule a|contact sales|"
    r"get (?:a|the|your|our|in touch)|donate|buy now|add to (?:cart|bag|basket|wish ?list)|shop now|order now|"
    r"download (?:the )?app|app store|google play|join (?:now|us|today|our)|"
    r"learn more|email address|your e?-?mail|coupon|% off|free shipping|anzeige|werbung|abonnieren|"
    r"abonnez|s'abonner|suscr[ií]b|inscrev|iscriviti|publicidad|publicité|publicidade|annonce|广告|廣告|下载|広告",
    "social": r"share|tweet|facebook|twitter|linkedin|pinterest|whatsapp|telegram|instagram|youtube|reddit|tiktok|"
    r"e-?mail|copy (?:link|url)|follow(?: us)?|likes?|views?|print|teilen|partager|compartir|"
    r"compartilhar|condividi|delen|del|分享|收藏|点赞|シェア|공유",
    "comment": r"comments?|repl(?:y|ies)|leave a (?:reply|comment)|post a comment|write a review|reviews?|says|wrote|"
    r"your (?:name|email|comment)|website|kommentare?|commentaires?|comentarios?|coment[aá]rios?|commenti|reacties|"
    r"评论|留言|コメント|댓글",
    "legal": r"©|\(c\)|copyright|all rights reserved|rights reserved|privacy|terms|cookies?|consent|gdpr|disclaimer|"
    r"disclosure|affiliate|imprint|impressum|datenschutz|agb|legal|trademarks?|registered|accept|reject|"
    r"mentions légales|confidentialité|privacidad|aviso legal|condiciones|tous droits|"
    r"alle rechte|todos los derechos|版权|隐私|备案|ICP|プライバシー|利用規約|著作権",
    "other": r"loading|please wait|error|close|javascript|required|optional|invalid|something went wrong|"
    r"opens in|new (?:window|tab)|play|pause|mute|volume|slide|expand|collapse|toggle|unavailable|thank you",
}
_NAME_BIT = {name: 1 << number for number, name in enumerate(NAMES)}
_TEXT_BIT = {name: 1 << number for number, name in enumerate(TEXTS)}
_OF_TOKEN: dict[str, int] = {}
for _role, _tokens in NAMES.items():
    for _token in _tokens.split():
        _OF_TOKEN[_token] = _OF_TOKEN.get(_token, 0) | _NAME_BIT[_role]
_PATTERNS = {role: re.compile(rf"(?<![^\W_])(?:{words})(?![a-z])", re.IGNORECASE) for role, words in TEXTS.items()}
# Longer texts mention many things; what they are does not hang on a word.
_LONGEST_TEXT = 160
_HEIGHTS = 5


def text_cues(text: str) -> int:
    """Bit set of the roles that a short text has words of."""
    if len(text) > _LONGEST_TEXT:
        return 0
    return sum(bit for role, bit in _TEXT_BIT.items() if _PATTERNS[role].search(text))


def cue_features(document: Document, ladder: Ladder) -> Columns:
    """One row a block and, for each role, how near a cue of it is: 1 in the block itself, less further off."""
    n_blocks = len(document.blocks)
    own = np.array([text_cues(text) for text in document.blocks.text], dtype=np.int64)
    above = _heading_cues(document, own)
    columns: Columns = {}
    near = _name_nearness(ladder)
    rung = ladder.rungs[0]
    for number, role in enumerate(NAMES):
        columns[f"name_{role}"] = near[number][rung]
    led = _led_by(ladder, own, n_blocks)
    for role, bit in _TEXT_BIT.items():
        columns[f"text_{role}"] = (own & bit) > 0
        columns[f"headed_{role}"] = (above & bit) > 0
        columns[f"led_{role}"] = led[role]
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}


def _name_nearness(ladder: Ladder) -> Floats:
    """Of each container and role 1 / (1 + steps up to the nearest element with such a name), 0 without."""
    own = np.array(
        [
            _bits(name_tokens(" ".join([value for key in NAMING if (value := given.get(key))])))
            for _, given in ladder.kinds
        ],
        dtype=np.int64,
    )[ladder.kind]
    tags = [tag for tag, _ in ladder.kinds]
    footer = np.array([tag == "footer" for tag in tags])[ladder.kind]
    nav = np.array([tag in ("nav", "header") for tag in tags])[ladder.kind]
    own = own | np.where(footer, _NAME_BIT["legal"], 0) | np.where(nav, _NAME_BIT["nav"], 0)
    steps = np.full((len(NAMES), len(own)), np.inf)
    for number in range(len(own)):
        parent = ladder.parent[number]
        if parent != number:
            steps[:, number] = steps[:, parent] + 1
        for role in range(len(NAMES)):
            if own[number] >> role & 1:
                steps[role, number] = 0
    return 1 / (1 + steps)


def _bits(tokens: tuple[str, ...]) -> int:
    found = 0
    for token in tokens:
        found |= _OF_TOKEN.get(token, 0)
    return found


def _heading_cues(document: Document, own: Ints) -> Ints:
    tags = document.elements.tag
    found = np.zeros(len(own), dtype=np.int64)
    last = 0
    for number, owner in enumerate(document.blocks.owner):
        found[number] = last
        if tags[owner] in HEADINGS:
            last = int(own[number])
    return found


def _led_by(ladder: Ladder, own: Ints, n_blocks: int) -> Columns:
    """Cues of the first text of the containers around a block, as nearness."""
    columns = {role: np.zeros(n_blocks) for role in TEXTS}
    number = np.arange(n_blocks)
    for height in range(_HEIGHTS, 0, -1):
        first = ladder.first[ladder.rungs[height]]
        cues = np.where(first < number, own[first], 0)
        for role, bit in _TEXT_BIT.items():
            columns[role] = np.where(cues & bit, 1 / height, columns[role])
    return columns


__all__ = ["cue_features", "pairwise", "text_cues"]
