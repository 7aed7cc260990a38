// libdiar_hub: the sets that it knows, and its errors.
#include <diar/errors.h>
#include <diar/hub/model_store.h>

int main() {
  if (diar::list_models().empty()) return 1;
  try {
    diar::find_model("/nowhere/at/all");
    return 1;
  } catch (const diar::ModelError&) {
  }
  return 0;
}
