# SPDX-License-Identifier: GPL-2.0
"""What find-sites, convert-sites and rank-sites are made of.

Finding: search picks files and has each looked at; facts asks Coccinelle about one; decide
makes sites of that, with the rules in wait_rules and what names, structs, expressions and
kbuild know. sites has what a site is, report prints them.

Converting: convert changes one file; plan says which modules a configuration builds of
those with convertible sites.

Ranking: recording reads what record.sh has written, ranking joins it with sites.
"""
