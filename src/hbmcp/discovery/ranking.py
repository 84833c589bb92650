"""Which tools a phrase is about: BM25 over what each is called, what is said of it, and the words curated for it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from math import log

from hbmcp.catalog import NAMES, Catalog, Tool
from hbmcp.did_you_mean import nearest

WEIGHTS = {"name": 3.0, "find": 3.0, "phrase": 1.5, "title": 2.0, "description": 1.0, "toolset": 1.0}
SATURATION, LENGTH = 1.2, 0.4  # k1 and b of BM25: descriptions are all short
CURATED = ("find", "phrase")  # makes nothing longer: who may be asked for in more words isn't less likely by each
LONGEST = 500  # characters of a phrase that count
LIKENESS = 0.8  # of a misspelt word to the one that was meant

_PROFIT_AND_LOSS = re.compile(r"\bp\s*(?:&|/|and|n)\s*l\b")
_WORD = re.compile(r"[a-z][a-z0-9]*")
_STOP = frozenset(
    _WORD.findall(
        "a about an and any are at be been by can could did do does for from get gets got had has have how i if in "
        "into is it its just let many me much my of off on one or our over please put s so some t that the their them "
        "there these they this to us want was we what when where which who whom why will with without would you your"
    )
)
_COINS = frozenset(
    ["bitcoin", "btc", "eth", "ether", "ethereum", "sol", "solana", "xrp", "bnb", "doge", "ada", "usdc", "usdt"]
)  # no tool's, and fine


class Ranking:
    """The tools of a catalog, by what they are about."""

    def __init__(self, catalog: Catalog) -> None:
        self._names = {name: removed.by for name, removed in catalog.removed.items()}
        self._names |= {name: tool.name for name, tool in catalog.names.items()}
        self._weighed = {tool.name: _weighed(tool, catalog) for tool in catalog.tools.values()}
        self._phrases = {
            tool.name: [said for phrase in (tool.name, *tool.find) if len(said := frozenset(_stems(phrase))) > 1]
            for tool in catalog.tools.values()
        }
        told = Counter(stem for stems in self._weighed.values() for stem in stems)
        count = len(self._weighed)
        self._rarity = {stem: log(1 + (count - n + 0.5) / (n + 0.5)) for stem, n in told.items()}
        self._lengths = {tool.name: sum(_weighed(tool, catalog, CURATED).values()) for tool in catalog.tools.values()}
        self._mean = sum(self._lengths.values()) / max(count, 1)

    def named(self, phrase: str, among: Iterable[Tool]) -> list[Tool]:
        """Those that it names exactly."""
        exact = dict.fromkeys(self._names[word] for word in _words(phrase) if word in self._names)
        tools = {tool.name: tool for tool in among}
        return [tools[name] for name in exact if name in tools]

    def unknown(self, phrase: str) -> list[str]:
        """What it names as tools are named, and is none."""
        return list(dict.fromkeys(word for word in _words(phrase) if "_" in word and word not in self._names))

    def foreign(self, phrase: str) -> list[str]:
        """Its words that no tool has, also not misspelt; of names nothing."""
        words = dict.fromkeys(_WORD.findall(_spelled_out(NAMES.sub("", phrase[:LONGEST]))))
        told = (word for word in words if len(word) > 2 and word not in _STOP | _COINS)
        return [word for word in told if self._meant(_stem(word)) not in self._rarity]

    def best(self, phrase: str, among: Iterable[Tool]) -> list[Tool]:
        """Those that it is about, the likeliest first; alone those that it names exactly, if it says nothing else."""
        tools = list(among)
        named = self.named(phrase, tools)
        if named and all(word in self._names for word in _words(phrase)):
            return named
        asked = dict.fromkeys(self._meant(stem) for stem in _stems(phrase[:LONGEST]))
        scored = ((self._score(tool.name, asked), tool) for tool in tools if tool not in named)
        ranked = sorted((one for one in scored if one[0] > 0), key=lambda one: (-one[0], one[1].name))
        return [*named, *(tool for _, tool in ranked)]

    def _meant(self, stem: str) -> str:
        """A word as the tools have it, where it is misspelt."""
        if stem in self._rarity or len(stem) < 4:
            return stem
        return next(iter(nearest(stem, self._rarity, likeness=LIKENESS)), stem)

    def _score(self, name: str, asked: Collection[str]) -> float:
        stems = self._weighed[name]
        slack = SATURATION * (1 - LENGTH + LENGTH * self._lengths[name] / self._mean)
        score = sum(
            self._rarity[stem] * stems[stem] * (SATURATION + 1) / (stems[stem] + slack)
            for stem in asked
            if stem in stems
        )
        whole = (phrase for phrase in self._phrases[name] if phrase.issubset(asked))
        return score + max((sum(map(self._rarity.__getitem__, phrase)) for phrase in whole), default=0)


def _words(phrase: str) -> list[str]:
    return re.findall(r"\w+", phrase[:LONGEST].lower())


def _weighed(tool: Tool, catalog: Catalog, without: Collection[str] = ()) -> dict[str, float]:
    """The words of a tool -> their weight, less those of some fields."""
    toolset = catalog.toolsets[tool.toolset]
    definition = tool.definition
    said = {
        "name": [tool.name, *tool.aliases],
        "find": [said for said in tool.find if " " not in said],
        "phrase": [said for said in tool.find if " " in said],
        "title": [definition["annotations"]["title"]],
        "description": [NAMES.sub("", definition["description"])],  # a neighbour's words are that one's
        "toolset": [toolset.name, toolset.title],
    }
    weighed: dict[str, float] = {}
    for field, texts in said.items():
        if field in without:
            continue
        for stem in {stem for text in texts for stem in _stems(text)}:
            weighed[stem] = weighed.get(stem, 0) + WEIGHTS[field]
    return weighed


def _stems(text: str) -> list[str]:
    """ "What's the P&L of my closed positions?" -> ["pnl", "clos", "position"]"""
    return [_stem(word) for word in _WORD.findall(_spelled_out(text)) if word not in _STOP]


def _spelled_out(text: str) -> str:
    return _PROFIT_AND_LOSS.sub("pnl", text.lower()).replace("_", " ")


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        word = f"{word[:-3]}y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if len(word) >= len(ending) + 3 and word.endswith(ending):
            word = word.removesuffix(ending)
            if word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word.removesuffix("e") if len(word) > 3 else word
