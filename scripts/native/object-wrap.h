/*
 * Included before anything else where ssh2's ciphers are compiled.
 *
 * Since 24.19 Node's header gives each node::ObjectWrap a hook of the environment's end, and its destructor takes that
 * hook away again. The garbage collector runs the destructor where no context is entered; there Node 24 finds no
 * environment and aborts the whole process (nodejs/node#65446, mscdex/ssh2#1511). Ciphers have nothing to do at the
 * environment's end that the end of the process does not do, so theirs get no hook, as before 24.19.
 */
#include <node.h>

namespace node {
inline void NoCleanupHook(v8::Isolate*, void (*)(void*), void*) {}
}  // namespace node

#define AddEnvironmentCleanupHook NoCleanupHook
#define RemoveEnvironmentCleanupHook NoCleanupHook
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook
