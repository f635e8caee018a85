"""Phrases, words and names by which pages that are no content give themselves away.

They are evidence, never a verdict: an article may well quote an error message. The model weighs how long the
page is that says so, and where it says it. Phrases are lower case and looked for as they stand, which is
many times faster than regular expressions.
"""

from __future__ import annotations

import re


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split("|"))


PHRASES: dict[str, tuple[str, ...]] = {
    "error": _phrases(
        "not found|404|403|500 |502 |503|error|forbidden|cannot be found|could not be found|couldn't be found|"
        "can't find|couldn't find|could not find|unable to find|unable to locate|does not exist|doesn't exist|"
        "no longer exist|no longer available|no longer active|has been removed|has been deleted|has been moved|"
        "may have been removed|page is missing|bad request|bad gateway|service unavailable|temporarily unavailable|"
        "currently unavailable|internal server|gateway timeout|unauthorized|not authorized|permission denied|"
        "fatal error|parse error|warning: |exception|stack trace|sql syntax|database|something went wrong|"
        "went wrong|sorry|oops|suspended|bandwidth limit|exceeded|disabled|invalid|"
        "index of /|parent directory|no such|broken link|mistyped|"
        "nicht gefunden|nicht verfügbar|fehler|introuvable|n'existe|erreur|no encontrad|no existe|"
        "não encontrad|não foi encontrad|non trovat|non esiste|niet gevonden|bestaat niet|nie znalezion|"
        "nie istnieje|nenalezen|neexistuje|hittades inte|finns inte|ikke fundet|findes ikke|ikke funnet|"
        "ei löydy|bulunamadı|nem található|не найден|не существует|не знайден|ошибка|nu a fost găsit|"
        "không tìm thấy|tidak ditemukan|δεν βρέθηκε|غير موجود|یافت نشد|לא נמצא|"
        "找不到|不存在|无法访问|无法找到|已删除|被删除|見つかりません|存在しません|찾을 수 없|존재하지 않|"
        "page introuvable|sayfa bulunamad|trang không|notice: |deprecated: |strict standards: |failed opening|no results|"
        "nothing found|nothing was found|no such file|account has been|blokace|zablokowan|заблокирован|устарела"
    ),
    "waiting": _phrases(
        "under construction|coming soon|check back|be back soon|maintenance|down for|launch|future home|"
        "it works!|default page|default web|test page|welcome to nginx|apache|web server|successfully installed|"
        "redirect|if you are not|click here|please wait|loading|connecting|moved|offline|"
        "im aufbau|en construction|en construcción|em construção|в разработке|技术支持|建设中|準備中"
    ),
    "script": _phrases(
        "enable javascript|javascript is|requires javascript|javascript enabled|javascript to|without javascript|"
        "javascript aktivieren|activer javascript|active javascript|habilite javascript|enable cookies|"
        "cookies are|cookies enabled|requires cookies|accept cookies|browser|frames|flash player|"
        "javascript を|включите javascript|javascript"
    ),
    "wall": _phrases(
        "captcha|robot|are you human|you are human|are a human|unusual traffic|unusual activity|automated|"
        "pardon our interruption|access denied|access to this page|checking your browser|ddos|cloudflare|ray id|"
        "incapsula|security check|verify you|verification|blocked|your ip|ip address|go away|attention required|"
        "reference #|don't have permission|suspected|phishing|malware|not available in your|your country|"
        "must be 18|18 or older|over 18|18 years|of legal age|age verification|verify your age|adults only|"
        "under the age|age-restricted|you are an adult|age of majority|over the age|"
        "only for firefox|only for members|18歳|未满|18 лет|成人內容|已經成年|年滿|18+|"
        "cookies van derden|accepteer cookies|accepteren|cookies akzeptieren|tout accepter|accept all|we value your privacy|"
        "consent|just a moment|please stand by|press and hold|press & hold|text as shown|image to enter|"
        "unusual requests|too many requests|rate limit|request unsuccessful|not support your browser|browser we don't|"
        "unsupported browser|browser is not supported|update your browser|upgrade your browser"
    ),
    "parked": _phrases(
        "for sale|is parked|parked|domain|registrar|buy this|purchase this|make an offer|make offer|renew now|"
        "expired|pending renewal|courtesy of|sedo|parkingcrew|bodis|hugedomains|afternic|godaddy|namecheap|"
        "related searches|related links|sponsored listings|sponsored links|web hosting|"
        "zu verkaufen|à vendre|en venta|à venda|продается|продаётся|出售|转让|域名|ドメイン|"
        "припаркован|domena jest|domain parking|this domain|domain name|your domain|site owner, log in|"
        "website is for sale|account holder|get this domain|inquire about"
    ),
    "login": _phrases(
        "log in|login|sign in|signin|log on|logon|sign on|password|passcode|username|user name|user id|forgot|"
        "remember me|keep me|create an account|create account|register|sign up|e-mail|email|anmelden|einloggen|"
        "passwort|kennwort|benutzername|connexion|mot de passe|identifiant|se connecter|iniciar sesi|contraseña|"
        "usuario|entrar|senha|accedi|inloggen|wachtwoord|zaloguj|hasło|giriş|şifre|вход|войти|пароль|логин|"
        "登录|登錄|密码|密碼|ログイン|パスワード|로그인|비밀번호"
    ),
    "secrets": _phrases(
        "card number|credit card|debit card|cvv|cvc|security code|expiration date|expiry date|social security|"
        "ssn|mother's maiden|date of birth|account number|routing number|sort code|pin code|verify your|"
        "update your|confirm your|billing address|billing information|account has been|account will be|limited|"
        "select your email|email provider|your email provider|view document|view the document|shared file|"
        "access the document|with your email|email address and password|secure|security|online banking|"
        "internet banking|e-banking|numéro de carte|carte bancaire|kartennummer|número de tarjeta|"
        "número do cartão|banco|banque"
    ),
    "scam": _phrases(
        "congratulations|you have won|you've won|been selected|claim your|free iphone|gift card|generator|lottery|"
        "miracle|weight loss|lose weight|burn fat|work from home|make money|earn money|get rich|double your|"
        "guaranteed|risk free|risk-free|act now|limited time|order now|binary options|trading|replica|outlet|"
        "payday loan|crack|keygen|serial key|doctors|secret|this one|amazing"
    ),
}  # fmt: skip

# Words counted in the whole page and in its links.
WORDS: dict[str, frozenset[str]] = {
    "pharma": frozenset(
        "viagra cialis levitra kamagra sildenafil tadalafil vardenafil xanax valium tramadol phentermine ambien "
        "propecia priligy clomid accutane prednisone adipex ionamin lipitor pharmacy pills prescription "
        "cbd gummies keto garcinia enhancement виагра сиалис".split()
    ),
    "gambling": frozenset(
        "casino casinos slot slots gacor judi togel poker bandar taruhan sportsbook betting jackpot roulette "
        "blackjack maxwin rtp situs agen baccarat bingo bahis kumar casinò казино слоты ставки "
        "pragmatic sabung bola spins wager".split()
    ),
    "goods": frozenset(
        "replica replicas louis vuitton chanel gucci goyard hermes hermès prada moncler ugg uggs jerseys jersey "
        "oakley rolex outlet jordans kors burberry belstaff tiffany ghd longchamp essay essays payday loans loan "
        "cher sac sacs borse scarpe".split()
    ),
    "adult": frozenset(
        "porn porno xxx sex sexy nude naked escort escorts milf erotic hentai webcam cams blowjob anal fetish "
        "hookup teen teens tube порно секс".split()
    ),
}
# Names that phishing pages imitate most (quarterly rankings of OpenPhish, APWG and Check Point).
BRANDS = _phrases(
    "paypal|ebay|apple|icloud|itunes|gmail|google|microsoft|outlook|office 365|office365|hotmail|onedrive|"
    "sharepoint|yahoo|aol|facebook|instagram|whatsapp|linkedin|twitter|amazon|netflix|spotify|dropbox|docusign|"
    "adobe|dhl|fedex|ups |usps|steam|battle.net|runescape|blizzard|alibaba|aliexpress|wells fargo|"
    "bank of america|chase|citibank|capital one|american express|hsbc|barclays|lloyds|natwest|santander|"
    "halifax|td bank|scotiabank|desjardins|itau|itaú|bradesco|banco do brasil|caixa|bbva|credit agricole|"
    "crédit agricole|société générale|la banque postale|bnp paribas|caf.fr|impots|ameli|edf|orange|sfr|"
    "free mobile|free.fr|bouygues|laposte|la poste|hmrc|irs|visa|mastercard|coinbase|blockchain|binance|metamask|"
    "at&t|verizon|comcast|xfinity|webmail|mailbox|google drive|google docs|alipay|tencent|qq.com|163.com|"
    "match.com|ourtime|roblox|robux|usaa|capital one|bank of montreal|banque|online banking|internet banking|telstra|"
    "web mail|owa|zimbra|exchange|email provider|email account|impots.gouv|netbank|made-in-china|fiverr|craigslist"
)

# Words of class and id names, split at blanks, "-" and "_".
AD_NAMES = frozenset(
    "ad ads adv adsense adsbygoogle advert adverts advertisement advertising advertisment adslot adunit adbox "
    "adbanner adcontainer adwrapper adspace sponsor sponsors sponsored promoted dfp gpt taboola outbrain".split()
)
# Parts of class and id names.
RELATED_NAMES = (
    "related", "recommend", "readmore", "read-more", "you-may", "also-like", "trending", "popular", "most-read",
    "most-viewed", "similar", "suggest", "recirc", "taboola", "outbrain", "more-stories", "more-from",
)  # fmt: skip
HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$)|opacity\s*:\s*0\s*(?:;|$)"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top|right)\s*:\s*-\d{3,}|(?:width|height)\s*:\s*[01]px",
    re.IGNORECASE,
)
# Elements that hide text by design until a script or the reader shows it.
POLITE = frozenset(["noscript", "template", "dialog", "details", "select", "option", "datalist"])

# Registered names in addresses, without their top-level domain.
AD_SITES = frozenset(
    "doubleclick googlesyndication adnxs amazon-adsystem taboola outbrain revcontent media criteo exoclick popads "
    "propellerads zedo pubmatic rubiconproject adservice".split()
)
PARKING_SITES = frozenset(
    "sedoparking sedo parkingcrew bodis above dsparking namedrive voodoo parklogic skenzo hugedomains afternic "
    "domainsponsor fabulous trafficz uniregistry dan cdnpark rookmedia smartname".split()
)
AFFILIATE_SITES = frozenset(
    "shareasale linksynergy clickbank awin1 awin anrdoezrs dpbolvw jdoqocy kqzyfj tkqlhce cj avantlink flexoffers "
    "pntra prf amzn rstyle skimresources viglink tradedoubler zanox belboon partnerize impact effiliation".split()
)
AFFILIATE_QUERY = re.compile(
    r"[?&](?:tag=[\w-]+-2\d|aff(?:iliate)?(?:_?id)?=|partner(?:_?id)?=|clickid=|subid=|hop=)", re.IGNORECASE
)
