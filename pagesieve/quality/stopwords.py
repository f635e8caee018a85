"""The commonest function words of a language, for rules that ask whether a text is running prose.

English has the eight of Gopher (Rae et al. 2021); the others have words of the same kind and frequency.
Languages that write without spaces count characters, as ``words.tokens`` does.
"""

from __future__ import annotations

STOP_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the be to of and that have with",
        "ar": "في من على أن إلى عن هذا التي",
        "bg": "на и да за от се не че",
        "ca": "de la que el i en les per",
        "cs": "a v na se je že s do",
        "da": "og i at er det en til på",
        "de": "der die und in den von zu das mit ist",
        "el": "και το να του η της με για",
        "es": "de la que el en y los con para",
        "et": "ja on ei et kui ka see oli",
        "fa": "و در به از که این را با",
        "fi": "ja on ei että se oli myös kun",
        "fr": "de la le et les des en que dans est",
        "he": "של את על לא הוא זה עם גם",
        "hi": "के में है की और से का को",
        "hr": "i u je na se da za su",
        "hu": "a az és hogy nem is egy van",
        "id": "yang dan di dengan untuk dari ini pada",
        "it": "di e che la il in per un con è",
        "ja": "の に は を た が で と て し",
        "ko": "이 그 수 및 있는 등 것 있다",
        "lt": "ir kad yra į iš su bet tai",
        "lv": "un ir ka no ar par uz kas",
        "mk": "на и во да за се од не",
        "ms": "yang dan di dengan untuk dari ini pada",
        "nl": "de en van het een in is dat op te",
        "no": "og i er det en til på som",
        "pl": "w i na z się do nie że jest",
        "pt": "de a que o e do da em para com",
        "ro": "și de în la a cu că nu",
        "ru": "и в на не что с по это как",
        "sk": "a v na sa je že s do",
        "sl": "in je v na se da za so",
        "sq": "të e në dhe për me një që",
        "sr": "и у је на се да за су i u je na da",
        "sv": "och i att det som en på är",
        "th": "ก า ร น ที่ เ",
        "tr": "ve bir bu da için ile de olarak",
        "uk": "і в на не що з до та як",
        "ur": "کے میں کی ہے اور سے کو کا",
        "vi": "và của là có không được cho trong",
        "zh": "的 是 在 了 和 有 不 人",
    }.items()
}
