# SPDX-License-Identifier: GPL-2.0
"""Tests of find-sites, convert-sites and rank-sites."""
