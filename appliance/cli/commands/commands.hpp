// The groups of commands, one file each. Every function adds its commands to the line.
#pragma once

#include "appliance/cli/command_line.hpp"

namespace kaito::cli {

void add_session_commands(CommandLine& line);
void add_code_command(CommandLine& line);
void add_seed_commands(CommandLine& line);
void add_import_command(CommandLine& line);
void add_group_commands(CommandLine& line);
void add_member_commands(CommandLine& line);
void add_key_commands(CommandLine& line);   // API keys
void add_keys_commands(CommandLine& line);  // the appliance's and the org's keys
// Into the group `keys`.
void add_key_import_commands(CommandLine& line, CommandLine::Group keys);
// Of the group that add_keys_commands() makes: an org's key in its own HSM.
void add_byok_commands(CommandLine& line, CommandLine::Group keys);
void add_audit_commands(CommandLine& line);
void add_org_commands(CommandLine& line);
// Of the group that add_org_commands() makes.
void add_org_life_commands(CommandLine& line, CommandLine::Group org);
void add_staff_commands(CommandLine& line);
void add_approval_commands(CommandLine& line);
void add_hsm_commands(CommandLine& line);
void add_ceremony_commands(CommandLine& line);  // and those of `boot`
void add_status_command(CommandLine& line);

}  // namespace kaito::cli
