# SPDX-License-Identifier: GPL-2.0
#
# For modules in C that use what has other names in Linux 7.2.

ifeq ($(VERSION).$(PATCHLEVEL),7.2)
ccflags-y += -Drcu_gp_seq=rcu_gp_oldstate -Drcu_gp_seq_exp=rgos_exp -Drcu_gp_seq_norm=rgos_norm
else
ccflags-y += -Drcu_gp_seq_exp=exp -Drcu_gp_seq_norm=norm
endif
