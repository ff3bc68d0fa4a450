# SPDX-License-Identifier: GPL-2.0
"""What find-sites, convert-sites and rank-sites are made of."""
