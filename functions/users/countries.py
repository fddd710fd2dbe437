"""What people call countries: a name or a code in, the ISO 3166 alpha-2 code out."""

import unicodedata
from collections import Counter
from functools import cache

from pydantic_core import PydanticCustomError

# Everyday names that ISO 3166 does not list.
EVERYDAY = {
    "america": "US",
    "brunei": "BN",
    "burma": "MM",
    "cape verde": "CV",
    "czech republic": "CZ",
    "democratic republic of the congo": "CD",
    "dr congo": "CD",
    "east timor": "TL",
    "eire": "IE",
    "england": "GB",
    "great britain": "GB",
    "holland": "NL",
    "ivory coast": "CI",
    "laos": "LA",
    "macau": "MO",
    "north korea": "KP",
    "northern ireland": "GB",
    "republic of ireland": "IE",
    "republic of korea": "KR",
    "rsa": "ZA",
    "russia": "RU",
    "scotland": "GB",
    "south korea": "KR",
    "swaziland": "SZ",
    "syria": "SY",
    "turkey": "TR",
    "uae": "AE",
    "uk": "GB",
    "united kingdom": "GB",
    "united states": "US",
    "vatican": "VA",
    "vatican city": "VA",
    "vietnam": "VN",
    "wales": "GB",
}


def alpha_2(country: str) -> str:
    """The code of a country given by name or code, in any case and with or without accents."""
    code = _codes().get(_plain(country))
    if code is None:
        raise PydanticCustomError("unknown_country", "Give the country's name or its ISO 3166 code")
    return code


@cache
def _codes() -> dict[str, str]:
    from iso3166 import countries

    codes: dict[str, str] = {}
    # "Bolivia, Plurinational State of" is also found as Bolivia, but there are two countries called "Korea, …".
    short = {country.alpha2: _plain(country.name.partition(",")[0].partition("(")[0]) for country in countries}
    once = {name for name, times in Counter(short.values()).items() if times == 1}
    for country in countries:
        names = [country.alpha2, country.alpha3, country.name, country.apolitical_name]
        codes |= dict.fromkeys((_plain(name) for name in names), country.alpha2)
        if short[country.alpha2] in once:
            codes.setdefault(short[country.alpha2], country.alpha2)
    return EVERYDAY | codes


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    words = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c)).split()
    return " ".join(words[1:] if words[:1] == ["the"] else words)
