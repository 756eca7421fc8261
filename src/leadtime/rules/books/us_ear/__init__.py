"""US Export Administration Regulations on advanced computing, from August 2022.

Topics in the order in which they are evaluated: what falls under which entry, where that needs a licence, what lifts the
need, how applications are decided, and what an answer must carry besides.
"""

TOPICS = (
    "letters_2022",
    "connectivity",
    "foundry",
    "density",
    "memory",
    "scope",
    "letters_2023",
    "letters_2025",
    "exceptions",
    "emirates",
    "review",
    "diffusion",
    "embargoes",
    "affiliates",
    "end_uses",
    "technology",
    "content",
    "product_rules",
    "guidance",
)
"""Modules of this folder, each with a YAML file of the same name where it has dates or numbers of its own."""
