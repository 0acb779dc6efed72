"""Every sentence of the article is decided by a claim that can fail, or says why it is not."""

from __future__ import annotations

from collections import Counter

from tools.publish import article, statements
from tools.publish.chapters import read_all

SENTENCES = article.read()
STATEMENTS = [one for chapter in read_all() for one in statements.read(chapter)]
NAMED = {claim for sentence in SENTENCES for claim in sentence.claims}


def test_every_sentence_has_claims_or_a_reason() -> None:
    assert [one.says for one in SENTENCES if bool(one.claims) == bool(one.undecided)] == []
    assert Counter(one.says for one in SENTENCES).most_common(1)[0][1] == 1


def test_the_sentences_claims_are_the_claims_tagged_as_the_articles() -> None:
    assert sorted(NAMED) == sorted(article.name(one) for one in STATEMENTS if one.of_article)


def test_no_sentence_fails_or_applies_nowhere() -> None:
    verdicts = {one.says: one.verdict(STATEMENTS) for one in SENTENCES if not one.undecided}
    assert {says: verdict for says, verdict in verdicts.items() if verdict not in {"holds", "refuted"}} == {}
