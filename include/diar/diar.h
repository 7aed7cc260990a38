/** @file
 * Who spoke when, for C and for every language that calls C: samples or a file in, turns out.
 *
 * Link libdiar_c (pkg-config diar_c, CMake diar::c). docs/c-api.md is the guide, examples/diarize.c a
 * program.
 *
 * Handles. An engine, a session, a live session and a result are numbers in the shape of pointers: nothing
 * lies where they point, and none is ever used twice. So a handle that is null, was freed or is of another
 * kind is an error (DIAR_ERROR_HANDLE), never undefined behaviour. Handles may be freed in any order and
 * while another thread is inside a call with them: the call ends as if the handle were there.
 *
 * Errors. What can fail returns a diar_status; then outputs are NULL or untouched, and the message says what
 * to do. No C++ exception leaves a function. Where a callback of yours throws one, the call returns
 * DIAR_ERROR_INTERNAL.
 *
 * Threads. Every function may be called from any thread at any time. An engine serves any number of threads
 * at once. A session belongs to one thread at a time: a second push or finish meanwhile returns
 * DIAR_ERROR_BUSY; everything else may be asked of it from any thread. A result never changes.
 *
 * Lifetimes. Whatever a function borrows from you (samples, paths, structs) it needs until it returns.
 * Strings and arrays that it hands out belong to the handle and live as long as that, unless a function says
 * otherwise.
 *
 * Structs start with struct_size: the init function sets it and every default. Later versions only append
 * members, so a program that was compiled with an older header keeps its meaning. diar_turn is the exception:
 * it never grows.
 *
 * Times are seconds as double. Counts are 64 bits wide. Text is UTF-8. Flags are int32_t, 0 or 1.
 */
#ifndef DIAR_DIAR_H
#define DIAR_DIAR_H

#include <stddef.h>
#include <stdint.h>

/** Marks what the library exports. */
#ifdef __GNUC__
#define DIAR_C_API __attribute__((visibility("default")))
#else
#define DIAR_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- Versions --- */

/** Rises when a function or a struct of this header changes its meaning. New functions and members do not
 * count. */
#define DIAR_ABI_VERSION 1

/** "major.minor.patch" of the library that runs. Never fails; the text is static. */
DIAR_C_API const char* diar_version_string(void);
/** DIAR_ABI_VERSION of the library that runs. */
DIAR_C_API int32_t diar_abi_version(void);

/* --- Errors --- */

/** 1 to 9 are the exit codes of the command (docs/errors.md). */
typedef enum diar_status {
  DIAR_OK = 0,
  DIAR_ERROR_INTERNAL = 1,         /**< a defect of this library, or an exception from a callback */
  DIAR_ERROR_ARGUMENT = 2,         /**< an argument that is null, out of range, or contradicts another */
  DIAR_ERROR_INPUT = 3,            /**< a file is missing or cannot be opened */
  DIAR_ERROR_AUDIO = 4,            /**< no usable audio: nothing that decodes, NaN, infinity */
  DIAR_ERROR_MODEL = 5,            /**< a model is missing, damaged or of an unknown kind */
  DIAR_ERROR_OUTPUT = 6,           /**< a result cannot be written */
  DIAR_ERROR_DEVICE = 7,           /**< the device is not there */
  DIAR_ERROR_NETWORK = 8,          /**< a download failed */
  DIAR_ERROR_CANCELLED = 9,        /**< a callback or diar_session_cancel stopped the run */
  DIAR_ERROR_TRUNCATED_AUDIO = 10, /**< audio ends before its file says; see diar_options.allow_truncated */
  DIAR_ERROR_MEMORY = 11,          /**< the system gives no more memory */
  DIAR_ERROR_HANDLE = 12,          /**< a handle that is null, was freed, or is of another kind */
  DIAR_ERROR_ORDER = 13,           /**< the session was finished before */
  DIAR_ERROR_BUSY = 14             /**< another thread, or a callback's caller, is inside this session */
} diar_status;

/** "audio", "cancelled", ...: a word for each status; "unknown" for other numbers. Static text. */
DIAR_C_API const char* diar_status_name(int32_t status);

/**
 * What the last call that failed in this thread says: one line of at most 2000 bytes, "" without any. Lives
 * until the next call that fails in this thread. For functions that have no handle yet.
 */
DIAR_C_API const char* diar_last_error(void);

/**
 * DIAR_OK when the library implements the ABI that your program was compiled for: call it first with
 * DIAR_ABI_VERSION, where the library is loaded at run time.
 */
DIAR_C_API diar_status diar_check_abi(int32_t abi_version);

/* --- Handles --- */

typedef struct diar_engine diar_engine;   /**< a model and its threads */
typedef struct diar_session diar_session; /**< a recording that comes in pieces */
typedef struct diar_live diar_live;       /**< a stream that is labelled while it goes on */
typedef struct diar_result diar_result;   /**< who spoke when */

/* --- Options --- */

/** Where the networks run. */
typedef enum diar_device {
  DIAR_DEVICE_AUTO = 0, /**< the fastest that the library and the machine have */
  DIAR_DEVICE_CPU = 1,  /**< always there */
  DIAR_DEVICE_MLX = 2   /**< Metal or CUDA through MLX, in builds that have it */
} diar_device;

/** docs/performance.md, "Modes", has what each saves in time and costs in errors. */
typedef enum diar_speed {
  DIAR_SPEED_EXACT = 0, /**< every window as pyannote.audio computes it */
  DIAR_SPEED_FAST = 1,
  DIAR_SPEED_FASTER = 2
} diar_speed;

/** How a number of speakers that was asked for is met (docs/accuracy.md). */
typedef enum diar_profile {
  DIAR_PROFILE_MODEL = 0, /**< as the model says */
  DIAR_PROFILE_PYANNOTE = 1,
  DIAR_PROFILE_BEST = 2
} diar_profile;

/** State of a run; only borrowed during the callback. */
typedef struct diar_progress {
  size_t struct_size; /**< bytes of this struct */
  const char* stage;  /**< "networks" or "clustering" */
  uint64_t completed; /**< windows */
  uint64_t total;     /**< 0: not known */
} diar_progress;

/**
 * Both are called from the thread that called the function which takes them, many times a second. Return 0 to
 * go on; anything else stops the run, which returns DIAR_ERROR_CANCELLED. They may call any function of this
 * header except those of the session they were called for.
 */
typedef int32_t (*diar_progress_callback)(const diar_progress* progress, void* user_data);
/** As diar_progress_callback, which has the rules. */
typedef int32_t (*diar_abort_callback)(void* user_data);

/** How a model is loaded. */
typedef struct diar_engine_params {
  size_t struct_size;  /**< bytes of this struct */
  int32_t device;      /**< a diar_device; DIAR_DEVICE_AUTO */
  int32_t num_threads; /**< 0: one for each core that the process may use */
  int32_t speed; /**< a diar_speed; DIAR_SPEED_FASTER makes an engine that is smaller and runs that alone */
  int32_t reserved; /**< 0 */
} diar_engine_params;

/** What one recording may vary. */
typedef struct diar_options {
  size_t struct_size;        /**< bytes of this struct */
  int32_t num_speakers;      /**< exactly this many; 0: not given */
  int32_t min_speakers;      /**< at least this many; 0: not given */
  int32_t max_speakers;      /**< at most this many; 0: not given */
  int32_t profile;           /**< a diar_profile; DIAR_PROFILE_MODEL */
  int32_t speed;             /**< a diar_speed; DIAR_SPEED_EXACT */
  int32_t reserved;          /**< 0 */
  double min_duration_s;     /**< drop shorter turns; 0 */
  double min_confidence;     /**< drop turns that are less sure, see diar_turn; 0 */
  double step_s;             /**< from window to window; 0: what model and speed say */
  double threshold;          /**< distance at which the first clustering is cut; negative: the model's */
  double fa;                 /**< VBx, weight of the evidence; negative: the model's */
  double fb;                 /**< VBx, weight of the speakers' prior; negative: the model's */
  double min_duration_off_s; /**< shorter gaps of one speaker are filled; negative: the model's */
  const char* uri;           /**< its name in results; NULL: the file's stem ("stdin" for "-"), or "audio" */
  int32_t channel;           /**< of files only: take this channel (0 is the first); -1: the mean of all */
  int32_t allow_truncated;   /**< of files only: take what can be decoded of a file that ends early */
  diar_progress_callback on_progress; /**< may be NULL */
  void* progress_data;                /**< handed to it */
  diar_abort_callback should_abort;   /**< may be NULL */
  void* abort_data;                   /**< handed to it */
} diar_options;

/**
 * Sets the first struct_size bytes of a struct to its defaults: `diar_options_init(&options, sizeof
 * options)`. DIAR_ERROR_ARGUMENT for NULL, a size below that of the first version, or above 4096.
 */
DIAR_C_API diar_status diar_engine_params_init(diar_engine_params* params, size_t struct_size);
/** The same for diar_options. */
DIAR_C_API diar_status diar_options_init(diar_options* options, size_t struct_size);

/* --- Engine --- */

/**
 * Reads a model directory (such as share/diar/models/starter). `params` may be NULL. *engine is NULL on
 * failure. DIAR_ERROR_MODEL, _DEVICE, _ARGUMENT, _MEMORY. Takes a second; free it with diar_engine_free.
 */
DIAR_C_API diar_status diar_engine_load(const char* model_directory, const diar_engine_params* params,
                                        diar_engine** engine);
/** NULL does nothing; DIAR_ERROR_HANDLE when it was freed before. Sessions and runs of it go on. */
DIAR_C_API diar_status diar_engine_free(diar_engine* engine);
/**
 * What the last call with this handle that failed says, in any thread; "" without any. The text lives until
 * this thread asks for a message again.
 */
DIAR_C_API const char* diar_engine_message(const diar_engine* engine);
/** The set's name from its model.json, else the directory's name; NULL for a bad handle. */
DIAR_C_API const char* diar_engine_model_name(const diar_engine* engine);
/** "cpu" or "mlx" with the instruction set or the device; NULL for a bad handle. */
DIAR_C_API const char* diar_engine_device_name(const diar_engine* engine);
/** Values of a speaker's embedding; 0 for a bad handle. */
DIAR_C_API uint64_t diar_engine_embedding_dimension(const diar_engine* engine);

/* --- Runs --- */

/**
 * Mono samples [num_samples], only borrowed and never written to; 1000 to 768000 Hz, resampled to 16 kHz.
 * Floats are nominally in [-1, 1]; 16-bit integers are divided by 32768. `samples` may be NULL when there are
 * none: then the result is empty. Memory beyond the samples does not grow with their number. `options` may be
 * NULL. The result depends on samples and options alone. *result is NULL on failure; free it with
 * diar_result_free. DIAR_ERROR_ARGUMENT (also for counts that no memory can hold), _AUDIO (NaN, infinity),
 * _CANCELLED, _MEMORY.
 */
DIAR_C_API diar_status diar_diarize_float(diar_engine* engine, const float* samples, uint64_t num_samples,
                                          int32_t sample_rate_hz, const diar_options* options,
                                          diar_result** result);
/** The same for 16-bit samples. */
DIAR_C_API diar_status diar_diarize_int16(diar_engine* engine, const int16_t* samples, uint64_t num_samples,
                                          int32_t sample_rate_hz, const diar_options* options,
                                          diar_result** result);
/**
 * Any audio or video file that FFmpeg decodes, streamed: memory does not grow with its length. "-" is
 * standard input. Besides the above: DIAR_ERROR_INPUT, _AUDIO, _TRUNCATED_AUDIO.
 */
DIAR_C_API diar_status diar_diarize_file(diar_engine* engine, const char* path, const diar_options* options,
                                         diar_result** result);

/* --- Sessions --- */

/** Where a session is. Set struct_size to sizeof(diar_session_state) before you ask. */
typedef struct diar_session_state {
  size_t struct_size;         /**< bytes of this struct */
  double pushed_s;            /**< audio that was pushed */
  double waiting_s;           /**< audio that no network has seen; never more than capacity_s */
  double capacity_s;          /**< what push takes before it waits */
  uint64_t windows_completed; /**< through the networks */
  uint64_t windows_waiting;   /**< whose samples are there */
} diar_session_state;

/**
 * A recording to push, mono, at a rate of 1000 to 768000 Hz. `options` may be NULL; its callbacks are kept
 * and called from push and finish; channel and allow_truncated play no part. *session is NULL on failure;
 * free it with diar_session_free. DIAR_ERROR_ARGUMENT.
 */
DIAR_C_API diar_status diar_session_open(diar_engine* engine, int32_t sample_rate_hz,
                                         const diar_options* options, diar_session** session);
/**
 * The next samples, any number; copied. Waits while the backlog is full. DIAR_ERROR_AUDIO on NaN or infinity:
 * then none of these samples was taken and the session goes on. DIAR_ERROR_ORDER after finish, _CANCELLED
 * after cancel, _BUSY.
 */
DIAR_C_API diar_status diar_session_push_float(diar_session* session, const float* samples,
                                               uint64_t num_samples);
/** The same for 16-bit samples. */
DIAR_C_API diar_status diar_session_push_int16(diar_session* session, const int16_t* samples,
                                               uint64_t num_samples);
/** What is done and what waits; from any thread. The error of the networks once they have failed. */
DIAR_C_API diar_status diar_session_poll(const diar_session* session, diar_session_state* state);
/**
 * No more samples come: waits for the networks and clusters in the calling thread. The result is that of one
 * run over all samples. Once; afterwards DIAR_ERROR_ORDER. *result is NULL on failure.
 */
DIAR_C_API diar_status diar_session_finish(diar_session* session, diar_result** result);
/** Stops the networks as soon as may be, and what waits in push or finish; from any thread, does not wait. */
DIAR_C_API diar_status diar_session_cancel(diar_session* session);
/** As diar_engine_message. */
DIAR_C_API const char* diar_session_message(const diar_session* session);
/** NULL does nothing; DIAR_ERROR_HANDLE when it was freed before. Cancels what runs. */
DIAR_C_API diar_status diar_session_free(diar_session* session);

/* --- Live sessions --- */

/** What a live session may vary beyond diar_options. */
typedef struct diar_live_options {
  size_t struct_size;     /**< bytes of this struct */
  double latency_s;       /**< a word is labelled so long after it was pushed, at most; 0.25 to 5; 1 */
  int32_t bounded_memory; /**< for streams of days: what is old is summarised; docs/live.md; 0 */
  int32_t reserved;       /**< 0 */
} diar_live_options;
/** As diar_options_init. */
DIAR_C_API diar_status diar_live_options_init(diar_live_options* options, size_t struct_size);

/** Rises when kinds of events, or members of diar_event, are added. */
#define DIAR_EVENTS_VERSION 1
/** DIAR_EVENTS_VERSION of the library that runs. */
DIAR_C_API int32_t diar_events_version(void);

/**
 * An open set: a later library may tell more. Pass over kinds that you do not know: whoever follows turns,
 * revisions, removals and the end alone has the whole result.
 */
typedef enum diar_event_kind {
  DIAR_EVENT_SPEAKER_START = 1,   /**< somebody begins to speak now: speaker, start_s */
  DIAR_EVENT_SPEAKER_END = 2,     /**< and stops: speaker, end_s */
  DIAR_EVENT_TURN = 3,            /**< a turn that is new, or has other bounds or another state */
  DIAR_EVENT_TURN_REVISED = 4,    /**< the same for a turn that was shown as old_speaker's */
  DIAR_EVENT_TURN_REMOVED = 5,    /**< what was shown as turn_id is no turn */
  DIAR_EVENT_SPEAKERS_MERGED = 6, /**< old_speaker and speaker turned out to be one person */
  DIAR_EVENT_PROGRESS = 7,        /**< how far the session is: the members from pushed_s on */
  DIAR_EVENT_FINAL = 8            /**< the last one: equals_offline, duration_s, labels */
} diar_event_kind;
/** "speaker_start", "turn", ...: the type of docs/schema/live-events.schema.json; "unknown" for other
 * numbers. Static text. */
DIAR_C_API const char* diar_event_kind_name(int32_t kind);

/** How sure a turn is. An open set, too: it only grows. */
typedef enum diar_turn_state {
  DIAR_TURN_TENTATIVE = 1, /**< the next windows may change its bounds and its speaker */
  DIAR_TURN_STABLE = 2,    /**< only what is learnt later about the speakers may change it */
  DIAR_TURN_FINAL = 3      /**< of the final result */
} diar_turn_state;

/** A label that was shown, and what it is called in the result. Never grows. */
typedef struct diar_label {
  const char* live;    /**< as events call the speaker */
  const char* offline; /**< as the result does */
} diar_label;

/**
 * What a stream has to say. Members that do not belong to its kind are 0 or NULL. Set struct_size to
 * sizeof(diar_event) before you ask. Strings and arrays belong to the session and live until its next
 * diar_live_poll, or until it is freed.
 */
typedef struct diar_event {
  size_t struct_size;       /**< bytes of this struct */
  int32_t kind;             /**< a diar_event_kind */
  int32_t turn_state;       /**< a diar_turn_state, of turns and revisions */
  uint64_t turn_id;         /**< of turns, revisions and removals; stays, ascending */
  double start_s;           /**< seconds from the start of the stream */
  double end_s;             /**< the same */
  const char* speaker;      /**< a live label: one person as long as the stream goes on */
  const char* old_speaker;  /**< of revisions and merges */
  double confidence;        /**< of final turns, as diar_turn; negative: unknown */
  double pushed_s;          /**< audio that was pushed */
  double shown_s;           /**< up to which labels are shown */
  uint64_t num_windows;     /**< through the networks, of the grid of a whole run */
  uint64_t num_speakers;    /**< live labels in use */
  uint64_t num_dropped;     /**< windows for low latency that were left out under load */
  uint64_t num_clusterings; /**< of all that was heard so far */
  double clustering_s;      /**< time that they took */
  int32_t equals_offline;   /**< the result is that of a whole run, byte for byte */
  int32_t reserved;         /**< 0 */
  double duration_s;        /**< of the stream */
  const diar_label* labels; /**< [num_labels] */
  uint64_t num_labels;      /**< 0 before the end */
} diar_event;

/**
 * A stream to push, mono, at a rate of 1000 to 768000 Hz, which says while it goes on who speaks. Both
 * options may be NULL; callbacks are kept and called from push and finish; channel and allow_truncated play
 * no part. *live is NULL on failure; free it with diar_live_free. DIAR_ERROR_ARGUMENT.
 */
DIAR_C_API diar_status diar_live_open(diar_engine* engine, int32_t sample_rate_hz,
                                      const diar_options* options, const diar_live_options* live_options,
                                      diar_live** live);
/** As diar_session_push_float and _int16. One thread at a time pushes or finishes. */
DIAR_C_API diar_status diar_live_push_float(diar_live* live, const float* samples, uint64_t num_samples);
/** The same for 16-bit samples. */
DIAR_C_API diar_status diar_live_push_int16(diar_live* live, const int16_t* samples, uint64_t num_samples);
/**
 * Takes what has changed since the last call, each turn at most once, in place of the events that were taken
 * before; *num_events (may be NULL) says how much it is. Whoever never calls it costs no memory beyond the
 * turns. From any thread; one that polls reads the events too. The error of the networks once they have
 * failed: then the events taken before stay.
 */
DIAR_C_API diar_status diar_live_poll(diar_live* live, uint64_t* num_events);
/** Event `index` of the last poll, in the order in which to take them. DIAR_ERROR_ARGUMENT past the end. */
DIAR_C_API diar_status diar_live_event(const diar_live* live, uint64_t index, diar_event* event);
/**
 * The same event as one JSON object and a line feed, as `diarize live --events json` writes it. `length` (may
 * be NULL) gets its bytes without the 0 at the end. Lives until the next diar_live_poll.
 */
DIAR_C_API diar_status diar_live_event_json(const diar_live* live, uint64_t index, const char** text,
                                            uint64_t* length);
/** What is done and what waits; from any thread. */
DIAR_C_API diar_status diar_live_state(const diar_live* live, diar_session_state* state);
/**
 * The end of the stream: waits for the networks and gives what a run over all samples gives, byte for byte
 * (with bounded_memory: what was shown). Once; afterwards DIAR_ERROR_ORDER. The last events, with
 * DIAR_EVENT_FINAL at their end, come with the next poll. *result is NULL on failure.
 */
DIAR_C_API diar_status diar_live_finish(diar_live* live, diar_result** result);
/** As diar_session_cancel. */
DIAR_C_API diar_status diar_live_cancel(diar_live* live);
/** As diar_engine_message. */
DIAR_C_API const char* diar_live_message(const diar_live* live);
/** NULL does nothing; DIAR_ERROR_HANDLE when it was freed before. Cancels what runs, and ends the life of its
 * events. */
DIAR_C_API diar_status diar_live_free(diar_live* live);

/* --- Results --- */

/** Functions take one as `kind`. */
typedef enum diar_turns {
  DIAR_TURNS_ALL = 0,      /**< speakers may overlap */
  DIAR_TURNS_EXCLUSIVE = 1 /**< at most one speaker at a time */
} diar_turns;

/** One speaker talking without a break. Never grows: what else there is to know comes from functions. */
typedef struct diar_turn {
  double start_s;    /**< from the start of the recording */
  double end_s;      /**< the same */
  uint64_t speaker;  /**< index for diar_result_speaker */
  const char* label; /**< such as SPEAKER_00; belongs to the result */
  double confidence; /**< share of the turn in which the speaker can be expected to talk, 0 to 1; negative:
                          unknown */
} diar_turn;

/** Set struct_size to sizeof(diar_speaker) before you ask. */
typedef struct diar_speaker {
  size_t struct_size; /**< bytes of this struct */
  const char* label;  /**< belongs to the result */
  double speech_s;    /**< sum of the turns' durations (DIAR_TURNS_ALL) */
  uint64_t num_turns; /**< of DIAR_TURNS_ALL */
  const float*
      embedding; /**< [embedding_dimension]; zeros for a speaker without any; belongs to the result */
  uint64_t embedding_dimension; /**< diar_engine_embedding_dimension */
  const char* identity;  /**< what diar_result_identify found: "named", "below_threshold", "no_lead", "taken",
                              "little_speech" or "empty_book"; NULL: not asked for. Static text */
  const char* candidate; /**< the likeliest person of the book, named or not; may be NULL; belongs to the
                              result */
  double candidate_probability; /**< of this person among all in the book and a stranger */
} diar_speaker;

/** Seconds spent in each stage. Set struct_size to sizeof(diar_timings) before you ask. */
typedef struct diar_timings {
  size_t struct_size;      /**< bytes of this struct */
  double audio_s;          /**< decoding */
  double segmentation_s;   /**< the network that says who talks in a window */
  double embedding_s;      /**< the network that makes embeddings, features included */
  double clustering_s;     /**< who is who */
  double reconstruction_s; /**< from windows to turns */
  double total_s;          /**< wall clock */
} diar_timings;

/** How many turns; 0 for a bad handle or kind. */
DIAR_C_API uint64_t diar_result_num_turns(const diar_result* result, int32_t kind);
/** Turn `index` in the order of start and end. DIAR_ERROR_ARGUMENT past the end. */
DIAR_C_API diar_status diar_result_turn(const diar_result* result, int32_t kind, uint64_t index,
                                        diar_turn* turn);
/** How many speakers; 0 for a bad handle. */
DIAR_C_API uint64_t diar_result_num_speakers(const diar_result* result);
/** Speaker `index` in the order of labels. DIAR_ERROR_ARGUMENT past the end. */
DIAR_C_API diar_status diar_result_speaker(const diar_result* result, uint64_t index, diar_speaker* speaker);
/** Seconds of audio that were read; 0 for a bad handle. */
DIAR_C_API double diar_result_duration_s(const diar_result* result);
/** Windows that went through the networks; 0 for a bad handle. */
DIAR_C_API uint64_t diar_result_num_windows(const diar_result* result);
/** Where the time went. DIAR_ERROR_ARGUMENT when struct_size is not set. */
DIAR_C_API diar_status diar_result_timings(const diar_result* result, diar_timings* timings);
/**
 * The text of a file, as the command writes it: "rttm", "json", "srt", "vtt", "csv", "ctm", "textgrid",
 * "elan", "audacity", ... `length` (may be NULL) gets its bytes without the 0 at the end. The text belongs to
 * the result. DIAR_ERROR_ARGUMENT for an unknown format: the message lists them.
 */
DIAR_C_API diar_status diar_result_text(const diar_result* result, const char* format, int32_t kind,
                                        const char** text, uint64_t* length);
/** The same into a file, which appears whole or not at all and replaces one of that name. DIAR_ERROR_OUTPUT.
 */
DIAR_C_API diar_status diar_result_write(const diar_result* result, const char* format, int32_t kind,
                                         const char* path);
/** How people are looked for in a book of voices (docs/voices.md). */
typedef struct diar_identify_options {
  size_t struct_size;  /**< bytes of this struct */
  double threshold;    /**< the least probability of a name; 0.95 */
  double margin;       /**< the least lead over the next person, in natural logarithms; 1.5 */
  double min_speech_s; /**< who talks less stays unknown; 2 */
} diar_identify_options;
/** As diar_options_init. */
DIAR_C_API diar_status diar_identify_options_init(diar_identify_options* options, size_t struct_size);
/**
 * A second result, *named, in which the speakers whom a book of voices knows carry their names; the first one
 * stays as it is. `engine` is the one that made the result, or one of the same model. `book` is a file that
 * `diarize voices` writes; `options` may be NULL. *named is NULL on failure; free it with diar_result_free.
 * DIAR_ERROR_INPUT (no such book, damaged), _ARGUMENT (also a book of another model).
 */
DIAR_C_API diar_status diar_result_identify(const diar_result* result, diar_engine* engine, const char* book,
                                            const diar_identify_options* options, diar_result** named);
/** As diar_engine_message. */
DIAR_C_API const char* diar_result_message(const diar_result* result);
/** NULL does nothing; DIAR_ERROR_HANDLE when it was freed before. Ends the life of its strings and arrays. */
DIAR_C_API diar_status diar_result_free(diar_result* result);

#ifdef __cplusplus
}
#endif

#endif /* DIAR_DIAR_H */
