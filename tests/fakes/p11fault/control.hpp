// How a test that has loaded p11fault into its own process directs it, by dlsym. A worker process is directed by
// environment variables instead:
//   P11FAULT_MODULE  the module to forward to; always needed, in a test's process too
//   P11FAULT_PLAN    a file with the plan, read at C_GetFunctionList and whenever it was replaced since
//   P11FAULT_REPORT  a file that is created when a fault fires, with a line that says which. A fault does not fire when
//                    it exists already, so a plan strikes once however often the process is started again.
#pragma once

extern "C" {
// Replaces the plan and sets the counts to zero. 0: the text is not a plan, and nothing has changed.
int p11fault_set_plan(const char* text);
// Faults that fired since the plan was set.
unsigned long p11fault_fired();
// Calls of a function since the plan was set.
unsigned long p11fault_calls(const char* function);
// "C_Decrypt 2\n…" for every function called since the plan was set. Valid until the next call.
const char* p11fault_all_calls();
}
