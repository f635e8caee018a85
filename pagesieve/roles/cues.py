"""Cues of a role: words in names of elements, headings and texts that are typical of it.

A cue is evidence, not a decision: the role classifier weighs it. Phrases are in the languages that most of
the web is written in; names of elements are English nearly everywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import HEADINGS, NAMING, Attributes, Document
from pagesieve.features.lexicon import name_tokens
from pagesieve.features.structure import Ladder
from pagesieve.features.text import Columns
from pagesieve.roles.role import Role
from pagesieve.words import tokens

_LONGEST_NAMES = 400

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]

# Parts of class, id and the like.
NAMES: dict[Role, str] = {
    Role.TITLE: "headline title",
    Role.META: "byline author date time timestamp published publish meta tags tag category categories credit "
    "source dateline bio postmeta updated reading",
    Role.NAV: "nav navigation navbar menu submenu breadcrumb breadcrumbs pagination pager paging toc tabs tab "
    "search filter filters facet sort topbar sitemap language lang login header logo skip navigate dropdown "
    "megamenu hamburger account sidenav",
    Role.RELATED: "related recommended recommendation recommendations recirc recirculation latest popular "
    "trending similar upsell crosssell next prev previous teaser teasers suggested mostread carousel sidebar "
    "widget rail recent",
    Role.AD: "ad ads advert advertisement adslot sponsor sponsored newsletter subscribe subscription signup cta "
    "donate donation promo promotion banner optin paywall offer coupon download buy cart popup modal",
    Role.SOCIAL: "share sharing social follow facebook twitter linkedin pinterest whatsapp like likes reaction "
    "reactions rating ratings vote votes sharebar addthis clap copy",
    Role.COMMENT: "comment comments commentlist reply replies respond disqus discussion commenter review reviews "
    "testimonial",
    Role.LEGAL: "legal copyright cookie cookies consent gdpr privacy terms disclaimer disclosure imprint footer "
    "colophon notice address contact policy onetrust ccpa",
    Role.OTHER: "sr hidden visually loading spinner error tooltip placeholder player video controls noscript "
    "screen hide accessibility icon toast",
}
# Elements that are named by their tag.
_TAGS = {"nav": Role.NAV, "header": Role.NAV, "footer": Role.LEGAL}
# Phrases of short texts and headings.
TEXTS: dict[Role, str] = {
    Role.META: "by, von, par, por, published, updated, posted, posted on, posted in, last modified, last updated, "
    "min read, reading time, tags, tag, category, categories, filed under, author, about the author, written by, "
    "photo, credit, image credit, source, veröffentlicht, aktualisiert, publié, publicado, pubblicato, "
    "bijgewerkt, quelle, 作者, 来源, 发布, 标签, 更新",
    Role.NAV: "menu, home, search, log in, login, sign in, skip to, main content, next, previous, back, back to top, "
    "contact, contact us, about us, products, services, account, my account, page, filter, sort by, show all, "
    "view all, see all, table of contents, on this page, startseite, suche, anmelden, inhalt, accueil, recherche, "
    "connexion, inicio, buscar, zoeken, hjem, søk, 首页, 登录, 搜索, ホーム, 検索",
    Role.RELATED: "related, you may like, you might like, you may also like, you might also like, also like, "
    "you may also enjoy, recommended, recommended for you, more from, more stories, more on, more in, more news, "
    "more articles, more posts, more like, read more, read next, read also, most read, most popular, most viewed, "
    "latest, popular, trending, recent posts, recent articles, recent news, similar, also viewed, also bought, "
    "up next, next article, next post, next story, previous article, previous post, don t miss, editor s picks, "
    "what to read, featured, meistgelesen, mehr zum thema, lesen sie auch, das könnte, ähnliche, weitere artikel, "
    "articles liés, articles similaires, à lire, lire aussi, relacionados, relacionadas, te puede interesar, "
    "leia também, leia mais, leggi anche, lees ook, läs också, les også, baca juga, berita terkait, ilgili, "
    "相关, 推荐, 热门, 関連, おすすめ, 人気, 관련, 추천, "
    "also in the news, check also, most recent, what we re reading, explore more, more to explore, neueste beiträge, "
    "neueste artikel, am beliebtesten, auch interessieren, più letti, ultime notizie, lo más leído, lee también, "
    "últimas noticias, veja também, mais lidas, sur le même sujet, les plus lus, mest läst, mest lest, mest læste, "
    "læs også, lue myös, luetuimmat, czytaj więcej, czytaj także, polecane, najnowsze, powiązane, taip pat skaitykite, "
    "naujausi, skaitomiausi, читайте также, по теме, последние новости, популярное, главное, похожие, читайте також, "
    "за темою, останні новини, головне, en çok okunan, son haberler, terpopuler, xem thêm, 相關, 排行, 最新, 精彩, "
    "猜你喜欢, 上一篇, 下一篇, ランキング, 最新記事, 최신, 인기",
    Role.AD: "advertisement, advertise, sponsored, subscribe, subscription, newsletter, newsletters, sign up, "
    "get started, start your, start free, start now, free trial, try for free, try it free, book a, book now, "
    "request a, schedule a, contact sales, get a, get the, get your, get in touch, donate, buy now, add to cart, "
    "add to bag, add to basket, add to wishlist, shop now, order now, download the app, app store, google play, "
    "join now, join us, join today, learn more, email address, your email, coupon, off, free shipping, buy on, shop on, open in app, open in, install, install the app, register, register here, enroll, book demo, book a demo, try, demo, pricing, view pricing, offer, special offer, apply now, gratis, "
    "kostenlos, jetzt, abo, testen, app, download, anzeige, "
    "werbung, abonnieren, abonnez, s abonner, suscríbete, inscreva, iscriviti, publicidad, publicité, publicidade, "
    "annonce, 广告, 廣告, 下载, 広告, "
    "subscribe now, register now, no credit card, from our sponsors, promoted, partner content, affiliate, gutschein, "
    "gutscheine, anzeigen, newsletter abonnieren, jetzt anmelden, s inscrire, suscribirse, assine, assinar, abbonati, "
    "prenumerera, annons, tilaa, reklama, prenumerata, abonament, реклама, подписаться, підписатися, подпишитесь, "
    "reklam, abone ol, iklan, berlangganan, quảng cáo, 订阅, 注册, 会员, 登録, 購読, 광고, 구독",
    Role.SOCIAL: "share, share this, tweet, facebook, twitter, linkedin, pinterest, whatsapp, telegram, instagram, "
    "youtube, reddit, tiktok, email, copy link, copy url, follow, follow us, like, likes, views, print, teilen, "
    "partager, compartir, compartilhar, condividi, delen, del, 分享, 收藏, 点赞, シェア, 공유, "
    "share via, share on, send to a friend, was this helpful, helpful, subscribers, followers, members, upvote, "
    "likes received, auf facebook, folgen, teilen auf, dela, følg, del på, jaa, udostępnij, dalintis, поделиться, "
    "поділитися, нравится, paylaş, takip et, bagikan, chia sẻ, 关注, 转发, 转帖, 打印, フォロー, いいね, 좋아요",
    Role.COMMENT: "comment, comments, reply, replies, leave a reply, leave a comment, post a comment, "
    "write a review, review, reviews, customer reviews, star reviews, responses, add a comment, feedback, antworten, log in to reply, "
    "says, wrote, your name, website, kommentar, kommentare, commentaires, "
    "comentarios, comentários, commenti, reacties, 评论, 留言, コメント, 댓글, "
    "thoughts on, comments powered, be the first to, join the discussion, join the conversation, add a review, "
    "all comments, verified purchase, verified owner, kommentieren, lesermeinung, leserkommentare, kommentarer, "
    "kommentit, komentarze, komentarai, skomentuj, комментарии, комментировать, ответить, коментарі, відповісти, "
    "yorum, yorumlar, komentar, bình luận, 回复, 回覆, 发表评论, 口コミ, レビュー, 답글",
    Role.LEGAL: "©, copyright, all rights reserved, rights reserved, privacy, privacy policy, terms, terms of, "
    "cookie, cookies, consent, gdpr, do not sell, do not share, don t sell, accessibility statement, code of conduct, powered by, website by, website design, design by, policy, policies, notice, llc, inc, ltd, gmbh, "
    "datenschutzerklärung, nutzungsbedingungen, rechtliches, gizlilik, prywatności, informativa, disclaimer, disclosure, affiliate, imprint, impressum, datenschutz, agb, "
    "legal, trademark, trademarks, registered, accept, reject, mentions légales, confidentialité, privacidad, "
    "aviso legal, condiciones, tous droits, alle rechte, todos los derechos, 版权, 隐私, 备案, プライバシー, 利用規約, "
    "terms and conditions, terms of use, terms of service, registered trademark, pty, limited, adchoices, "
    "nutzung, cookie einstellungen, politica de privacidad, tutti i diritti, alla rättigheter, alle rettigheter, "
    "wszelkie prawa, regulamin, visos teisės, все права, правила, політика, tüm hakları, hak cipta, bản quyền, "
    "版權, 声明, 免责, 许可证, 京公网, 特定商取引, 저작권",
    Role.OTHER: "loading, please wait, error, close, javascript, required, optional, invalid, something went wrong, "
    "opens in, close, icon, arrow, image, of, browser, javascript, captcha, not supported, no results, submit, "
    "new window, new tab, play, pause, mute, volume, slide, expand, collapse, toggle, unavailable, "
    "thank you",
}
_NAME_BIT = {role: 1 << number for number, role in enumerate(NAMES)}
_TEXT_BIT = {role: 1 << number for number, role in enumerate(TEXTS)}
# Longer texts mention many things; what they are does not hang on a phrase.
_LONGEST_TEXT = 160
_LONGEST_PHRASE = 4
_SIGNS = ("©",)
_HEIGHTS = 5
# Heights of the containers whose blocks are asked what they have phrases of.
_AMID = (2, 4)
# Roles that a heading opens and that often last until the page's end.
_OPENING = (Role.RELATED, Role.AD, Role.COMMENT)
_REMEMBERED_NAMES = 16_384


def _numbered(table: dict[Role, str], bits: dict[Role, int], separator: str | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for role, listed in table.items():
        for cue in listed.split(separator):
            found[cue.strip()] = found.get(cue.strip(), 0) | bits[role]
    return found


_OF_NAME = _numbered(NAMES, _NAME_BIT, None)
_OF_PHRASE = _numbered(TEXTS, _TEXT_BIT, ",")
# Scripts without spaces: looked for anywhere in the text, as are signs that are no word.
_ANYWHERE = {cue: bits for cue, bits in _OF_PHRASE.items() if cue[0] > "\u2fff" or cue in _SIGNS}


def text_cues(text: str) -> int:
    """Bit set of the roles that a short text has phrases of."""
    if len(text) > _LONGEST_TEXT:
        return 0
    words = tokens(text)
    found = 0
    for start in range(len(words)):
        phrase = words[start]
        found |= _OF_PHRASE.get(phrase, 0)
        for word in words[start + 1 : start + _LONGEST_PHRASE]:
            phrase += " " + word
            found |= _OF_PHRASE.get(phrase, 0)
    if not text.isascii():
        for cue, bits in _ANYWHERE.items():
            if cue in text:
                found |= bits
    return found


def cues_of(bits: int) -> set[Role]:
    """The roles of a bit set of ``text_cues``."""
    return {role for role, bit in _TEXT_BIT.items() if bits & bit}


def cue_features(document: Document, ladder: Ladder) -> Columns:
    """One row a block and, for each role, how near a cue of it is: 1 in the block itself, less further off.

    ``amid`` columns are shares of the blocks in containers around it that have phrases of the role.
    """
    own = np.array([text_cues(text) for text in document.blocks.text], dtype=np.int64)
    above = _heading_cues(document, own)
    near = _name_nearness(ladder)[ladder.rungs[0]]
    columns: Columns = {f"name_{role}": near[:, number] for number, role in enumerate(NAMES)}
    led = _led_by(ladder, own)
    amid = ladder.rungs[list(_AMID)]
    sizes = ladder.end[amid] - ladder.first[amid]
    for role, bit in _TEXT_BIT.items():
        columns[f"text_{role}"] = np.asarray((own & bit) > 0, dtype=np.float32)
        columns[f"headed_{role}"] = np.asarray((above & bit) > 0, dtype=np.float32)
        columns[f"led_{role}"] = led[role]
        held = ladder.over(amid, columns[f"text_{role}"][:, None])[..., 0]
        for height, share in zip(_AMID, held / sizes, strict=True):
            columns[f"amid{height}_{role}"] = share
    columns |= {f"since_{role}": _since(document, own & _TEXT_BIT[role] > 0) for role in _OPENING}
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}


def _name_nearness(ladder: Ladder) -> Floats:
    """Of each container and role 1 / (1 + steps up to the nearest element with such a name), 0 without."""
    bits = np.array([name_cues(tag, given) for tag, given in ladder.kinds], dtype=np.int64)[ladder.kind]
    named = (bits[:, None] >> np.arange(len(NAMES))) & 1 == 1
    steps = np.where(named, 0, np.inf)
    for depth in range(1, int(ladder.depth.max(initial=0)) + 1):  # parents are ready before their children
        level = np.flatnonzero(ladder.depth == depth)
        steps[level] = np.minimum(steps[level], steps[ladder.parent[level]] + 1)
    return 1 / (1 + steps)


def name_cues(tag: str, given: Attributes) -> int:
    """Bit set of the roles that an element's names speak of."""
    names = " ".join([value for key in NAMING if (value := given.get(key))])
    found = _NAME_BIT[_TAGS[tag]] if tag in _TAGS else 0
    for name in names[:_LONGEST_NAMES].split():
        found |= _cues_of_name(name)
    return found


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _cues_of_name(name: str) -> int:
    found = 0
    for token in name_tokens(name):
        found |= _OF_NAME.get(token, 0)
    return found


def _heading_cues(document: Document, own: Ints) -> Ints:
    """Cues of the last heading before each block."""
    tags = document.elements.tag
    found = np.zeros(len(own), dtype=np.int64)
    last = 0
    for number, owner in enumerate(document.blocks.owner):
        found[number] = last
        if tags[owner] in HEADINGS:
            last = int(own[number])
    return found


def _since(document: Document, cued: NDArray[np.bool_]) -> Floats:
    """1 / (1 + blocks since the last heading with such a cue), 0 before the first."""
    tags, owners = document.elements.tag, document.blocks.owner
    number = np.arange(len(cued))
    opening = cued & np.array([tags[owner] in HEADINGS for owner in owners], dtype=bool)
    last = np.maximum.accumulate(np.where(opening, number, -1))
    return np.where(last >= 0, 1 / (1 + number - last), 0)


def _led_by(ladder: Ladder, own: Ints) -> dict[Role, Floats]:
    """Cues of the first texts of the containers around a block, the nearer the more."""
    columns: dict[Role, Floats] = {role: np.zeros(len(own)) for role in TEXTS}
    number = np.arange(len(own))
    for height in range(_HEIGHTS, 0, -1):
        first = ladder.first[ladder.rungs[height]]
        cues = np.where(first < number, own[first], 0)
        for role, bit in _TEXT_BIT.items():
            columns[role] = np.where(cues & bit, 1 / height, columns[role])
    return columns
