# SPDX-License-Identifier: GPL-2.0
"""Makes a summary and plots of what make bench has measured."""
