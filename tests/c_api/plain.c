/* The C interface from plain C, called rightly and wrongly: plain MODEL_DIR AUDIO [LEAST_SPEAKERS]. Also what
 * valgrind watches (tools/valgrind.sh). */
#include <diar/diar.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

static int32_t stop_at_once(const diar_progress* progress, void* user_data) {
  CHECK(progress->struct_size == sizeof(diar_progress));
  ++*(int*)user_data;
  return 1;
}

/* Nothing here may crash, whatever the order. */
static void check_misuse(diar_engine* engine) {
  diar_result* result = (diar_result*)engine;
  diar_session* session = NULL;
  diar_turn turn;
  float sample = 0.0f;
  CHECK(diar_engine_free(NULL) == DIAR_OK);
  CHECK(diar_session_free(NULL) == DIAR_OK);
  CHECK(diar_result_free(NULL) == DIAR_OK);
  CHECK(diar_result_free((diar_result*)engine) == DIAR_ERROR_HANDLE); /* an engine is no result */
  CHECK(diar_result_turn(NULL, DIAR_TURNS_ALL, 0, &turn) == DIAR_ERROR_HANDLE);
  CHECK(diar_result_num_turns(NULL, DIAR_TURNS_ALL) == 0);
  CHECK(diar_diarize_float(engine, NULL, 5, 16000, NULL, &result) == DIAR_ERROR_ARGUMENT);
  CHECK(result == NULL);
  CHECK(diar_diarize_float(engine, &sample, UINT64_MAX, 16000, NULL, &result) == DIAR_ERROR_ARGUMENT);
  CHECK(diar_diarize_float(engine, &sample, 1, -1, NULL, &result) == DIAR_ERROR_ARGUMENT);
  CHECK(diar_diarize_float(engine, &sample, 1, 16000, NULL, NULL) == DIAR_ERROR_ARGUMENT);
  CHECK(diar_diarize_float(NULL, &sample, 1, 16000, NULL, &result) == DIAR_ERROR_HANDLE);
  sample = (float)NAN;
  CHECK(diar_diarize_float(engine, &sample, 1, 16000, NULL, &result) == DIAR_ERROR_AUDIO);
  CHECK(strlen(diar_engine_message(engine)) > 0);
  CHECK(diar_session_open(engine, 0, NULL, &session) == DIAR_ERROR_ARGUMENT);
  CHECK(diar_session_push_float(session, &sample, 1) == DIAR_ERROR_HANDLE);
}

static void check_session(diar_engine* engine) {
  static int16_t silence[16000];
  diar_session* session = NULL;
  diar_session_state state;
  diar_result* result = NULL;
  const char* text = NULL;
  uint64_t length = 1;
  CHECK(diar_session_open(engine, 8000, NULL, &session) == DIAR_OK);
  CHECK(diar_session_push_int16(session, silence, 16000) == DIAR_OK);
  memset(&state, 0, sizeof state);
  CHECK(diar_session_poll(session, &state) == DIAR_ERROR_ARGUMENT); /* its size is not set */
  state.struct_size = sizeof state;
  CHECK(diar_session_poll(session, &state) == DIAR_OK);
  CHECK(state.pushed_s > 1.5 && state.pushed_s <= 2.0 && state.capacity_s > 10.0);
  CHECK(diar_session_finish(session, &result) == DIAR_OK);
  CHECK(diar_session_finish(session, &result) == DIAR_ERROR_ORDER && result == NULL);
  CHECK(diar_session_push_int16(session, silence, 1) == DIAR_ERROR_ORDER);
  CHECK(strcmp(diar_session_message(session), diar_last_error()) == 0);
  CHECK(diar_session_free(session) == DIAR_OK);
  CHECK(diar_session_free(session) == DIAR_ERROR_HANDLE);

  CHECK(diar_session_open(engine, 16000, NULL, &session) == DIAR_OK);
  CHECK(diar_session_finish(session, &result) == DIAR_OK);
  CHECK(diar_result_num_turns(result, DIAR_TURNS_ALL) == 0);
  CHECK(diar_result_text(result, "rttm", DIAR_TURNS_ALL, &text, &length) == DIAR_OK);
  CHECK(length == 0 && strcmp(text, "") == 0);
  CHECK(diar_session_free(session) == DIAR_OK);
  CHECK(diar_result_free(result) == DIAR_OK);
}

static void check_live(diar_engine* engine) {
  static int16_t silence[16000];
  diar_live_options options;
  diar_live* live = NULL;
  diar_event event;
  diar_result* result = NULL;
  const char* line = NULL;
  uint64_t count = 0;
  int32_t last = 0;
  uint64_t i;
  CHECK(diar_live_options_init(&options, sizeof options) == DIAR_OK);
  options.latency_s = 5.0;
  CHECK(diar_live_open(engine, 16000, NULL, &options, &live) == DIAR_OK);
  CHECK(diar_live_push_int16(live, silence, 16000) == DIAR_OK);
  CHECK(diar_live_poll(live, NULL) == DIAR_OK);
  CHECK(diar_live_finish(live, &result) == DIAR_OK);
  CHECK(diar_live_finish(live, &result) == DIAR_ERROR_ORDER && result == NULL);
  CHECK(diar_live_poll(live, &count) == DIAR_OK && count > 0);
  event.struct_size = sizeof event;
  for (i = 0; i < count; ++i) {
    CHECK(diar_live_event(live, i, &event) == DIAR_OK);
    CHECK(diar_live_event_json(live, i, &line, NULL) == DIAR_OK);
    CHECK(strstr(line, diar_event_kind_name(event.kind)) != NULL);
    last = event.kind;
  }
  CHECK(last == DIAR_EVENT_FINAL && event.duration_s == 1.0 && event.equals_offline == 1);
  CHECK(diar_live_event(live, count, &event) == DIAR_ERROR_ARGUMENT);
  CHECK(diar_live_free(live) == DIAR_OK);
  CHECK(diar_live_free(live) == DIAR_ERROR_HANDLE);
  CHECK(diar_live_poll(live, &count) == DIAR_ERROR_HANDLE);
}

static void check_file(diar_engine* engine, const char* audio, uint64_t least_speakers) {
  diar_options options;
  diar_result* result = NULL;
  diar_speaker speaker;
  diar_timings timings;
  const char* text = NULL;
  int calls = 0;
  uint64_t i;
  CHECK(diar_options_init(&options, sizeof options) == DIAR_OK);
  options.on_progress = stop_at_once;
  options.progress_data = &calls;
  CHECK(diar_diarize_file(engine, audio, &options, &result) == DIAR_ERROR_CANCELLED);
  CHECK(result == NULL && calls == 1);
  options.on_progress = NULL;
  CHECK(diar_diarize_file(engine, audio, &options, &result) == DIAR_OK);
  CHECK(diar_result_num_speakers(result) >= least_speakers);
  speaker.struct_size = sizeof speaker;
  for (i = 0; i < diar_result_num_speakers(result); ++i) {
    CHECK(diar_result_speaker(result, i, &speaker) == DIAR_OK);
    CHECK(speaker.embedding_dimension == diar_engine_embedding_dimension(engine));
    CHECK(isfinite(speaker.embedding[0]) && isfinite(speaker.embedding[speaker.embedding_dimension - 1]));
  }
  CHECK(diar_result_speaker(result, i, &speaker) == DIAR_ERROR_ARGUMENT);
  timings.struct_size = sizeof timings;
  CHECK(diar_result_timings(result, &timings) == DIAR_OK && timings.total_s > 0.0);
  CHECK(diar_result_text(result, "rttm", DIAR_TURNS_EXCLUSIVE, &text, NULL) == DIAR_OK);
  CHECK(least_speakers == 0 || strncmp(text, "SPEAKER ", 8) == 0);
  CHECK(diar_result_text(result, "no format", DIAR_TURNS_ALL, &text, NULL) == DIAR_ERROR_ARGUMENT);
  CHECK(diar_result_write(result, "rttm", DIAR_TURNS_ALL, "/no/such/folder/x.rttm") == DIAR_ERROR_OUTPUT);
  CHECK(diar_result_free(result) == DIAR_OK);
  CHECK(diar_result_free(result) == DIAR_ERROR_HANDLE);
}

int main(int argc, char** argv) {
  diar_engine* engine = NULL;
  diar_engine_params params;
  CHECK(argc == 3 || argc == 4);
  CHECK(diar_check_abi(DIAR_ABI_VERSION) == DIAR_OK);
  CHECK(diar_engine_load("/no/such/model", NULL, &engine) == DIAR_ERROR_MODEL && engine == NULL);
  CHECK(strstr(diar_last_error(), "/no/such/model") != NULL);
  CHECK(diar_engine_params_init(&params, sizeof params) == DIAR_OK);
  params.num_threads = 2;
  CHECK(diar_engine_load(argv[1], &params, &engine) == DIAR_OK);
  check_misuse(engine);
  check_session(engine);
  check_live(engine);
  check_file(engine, argv[2], argc == 4 ? strtoul(argv[3], NULL, 10) : 2);
  CHECK(diar_engine_free(engine) == DIAR_OK);
  CHECK(diar_engine_free(engine) == DIAR_ERROR_HANDLE);
  puts("all checks passed");
  return 0;
}
