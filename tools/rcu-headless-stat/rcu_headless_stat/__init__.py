# SPDX-License-Identifier: GPL-2.0
"""What rcu-headless-stat is made of.

source reads the module's files, rates compares two readings; text, table and
exposition print one, screen shows them as they change.
"""
