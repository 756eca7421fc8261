"""The file that `leadtime claims new` writes."""

TEMPLATE = """\
# A claim of your own. `leadtime claims questions` lists what can be computed; `leadtime claims THIS_FILE` judges it.
id: my-claim
title: A few words
statement: What is claimed, in your words.
who: Who claims it, where and when
asks: What has to be computed to judge it.
compute:
  question: chip_against
  arguments: {chip: h20, against: h100}
test:                      # all_of: every condition must hold; any_of: at least one
  all_of:
    - {figure: decode_ratio, above: 1.0}
figure: decode_ratio       # the figure shown as the headline
why_this_test: Why this test decides the statement.
changes_it: What would change the verdict, and what evidence would settle it.
# judgeable_on: 2028-01-01  # for statements about the future
# sources: []               # ids of `leadtime sources`
"""
