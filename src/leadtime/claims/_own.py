"""A user's own claims: files and folders of files, read together and tried out."""

from collections.abc import Sequence
from pathlib import Path

from leadtime import files
from leadtime.claims._claim import ENDINGS, Claim, claim_from_mapping, packaged_claims
from leadtime.claims._judge import try_out
from leadtime.errors import BadFileError, ConflictError

__all__ = ["load_claims"]

MOST_FILES = 500
"""Claim files that one folder may hold."""


def load_claims(paths: Sequence[str | Path], *, taken: Sequence[str] = ()) -> dict[str, Claim]:
    """Return the claims of files and of folders of files, by id; each is tried out (see :func:`try_out`), so that it can be judged.

    Parameters
    ----------
    paths : sequence of str or Path
        Claim files, or folders whose claim files are all read; folders inside them are not.
    taken : sequence of str
        Further ids that no file may use.

    Raises
    ------
    BadFileError
        If a path is neither, a folder has no claim files, or a file is no claim; other faults of a claim raise what judging it would.
    ConflictError
        If two files, or a file and a packaged claim, have one id (case does not matter).
    """
    holders = {name.casefold(): "a packaged claim" for name in packaged_claims()}
    holders |= {name.casefold(): "a word of the interface" for name in taken}
    found: dict[str, Claim] = {}
    for path in dict.fromkeys(one for given in paths for one in _claim_files(Path(given))):
        claim = claim_from_mapping(files.read_structured(path), path.name)
        holder = holders.get(claim.id.casefold())
        if holder:
            raise ConflictError(
                f"{path.name}: the id {claim.id} is that of {holder}.", hint="Give the claim another id."
            )
        try_out(claim, path.name)
        holders[claim.id.casefold()] = f"the claim in {path.name}"
        found[claim.id] = claim
    return found


def _claim_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        inside = sorted(one for one in path.iterdir() if one.suffix.casefold() in ENDINGS and one.name[:1] != ".")
    except OSError as error:
        raise BadFileError(
            f"{path} cannot be read: {error.strerror or error}.", hint="Check its permissions."
        ) from None
    if not inside:
        raise BadFileError(
            f"{path} has no claim files.", hint="They end in .yaml, .yml or .json; `leadtime claims new` writes one."
        )
    if len(inside) > MOST_FILES:
        raise BadFileError(f"{path} has more than {MOST_FILES} files that could be claims.", hint="Name the files.")
    return inside
