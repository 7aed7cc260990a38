/* A whole program in C: a model directory and a recording in, turns on standard output. Ctrl-C stops it.
 *     example_diarize_c MODEL_DIR AUDIO [NUM_SPEAKERS]
 */
#include <diar/diar.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t interrupted = 0;

static void on_signal(int number) {
  (void)number;
  interrupted = 1;
}

/* Asked many times a second; anything but 0 stops the run. */
static int32_t should_abort(void* user_data) {
  (void)user_data;
  return interrupted;
}

static int32_t on_progress(const diar_progress* progress, void* user_data) {
  (void)user_data;
  if (progress->total > 0)
    fprintf(stderr, "\r%s %" PRIu64 "/%" PRIu64 "   ", progress->stage, progress->completed, progress->total);
  return 0;
}

static void print_result(const diar_result* result) {
  const uint64_t num_turns = diar_result_num_turns(result, DIAR_TURNS_ALL);
  for (uint64_t i = 0; i < num_turns; ++i) {
    diar_turn turn;
    if (diar_result_turn(result, DIAR_TURNS_ALL, i, &turn) == DIAR_OK)
      printf("%8.3f %8.3f  %s\n", turn.start_s, turn.end_s, turn.label);
  }
  const uint64_t num_speakers = diar_result_num_speakers(result);
  for (uint64_t i = 0; i < num_speakers; ++i) {
    diar_speaker speaker;
    speaker.struct_size = sizeof speaker;
    if (diar_result_speaker(result, i, &speaker) == DIAR_OK)
      printf("%s: %.1f s in %" PRIu64 " turns, embedding of %" PRIu64 " values\n", speaker.label,
             speaker.speech_s, speaker.num_turns, speaker.embedding_dimension);
  }
}

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    fprintf(stderr, "usage: %s MODEL_DIR AUDIO [NUM_SPEAKERS]\n", argv[0]);
    return DIAR_ERROR_ARGUMENT;
  }
  signal(SIGINT, on_signal);

  diar_engine* engine = NULL;
  diar_status status = diar_engine_load(argv[1], NULL, &engine);
  if (status != DIAR_OK) {
    fprintf(stderr, "%s\n", diar_last_error());
    return (int)status;
  }

  diar_options options;
  diar_options_init(&options, sizeof options);
  options.on_progress = on_progress;
  options.should_abort = should_abort;
  if (argc == 4) options.num_speakers = (int32_t)strtol(argv[3], NULL, 10);

  diar_result* result = NULL;
  status = diar_diarize_file(engine, argv[2], &options, &result);
  fprintf(stderr, "\n");
  if (status == DIAR_OK) {
    print_result(result);
  } else {
    fprintf(stderr, "%s: %s\n", diar_status_name(status), diar_engine_message(engine));
  }
  diar_result_free(result);
  diar_engine_free(engine);
  return (int)status;
}
