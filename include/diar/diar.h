/* Who spoke when, for C and for every language that calls C: samples or a file in, turns out.
 *
 * Link libdiar_c (pkg-config diar_c, CMake diar::c). docs/c-api.md is the guide, examples/diarize.c a
 * program.
 *
 * Handles. An engine, a session and a result are numbers in the shape of pointers: nothing lies where they
 * point, and none is ever used twice. So a handle that is null, was freed or is of another kind is an error
 * (DIAR_ERROR_HANDLE), never undefined behaviour. Handles may be freed in any order and while another thread
 * is inside a call with them: the call ends as if the handle were there.
 *
 * Errors. What can fail returns a diar_status; then outputs are NULL or untouched, and the message says what
 * to do. No C++ exception leaves a function. Where a callback of yours throws one, the call returns
 * DIAR_ERROR_INTERNAL.
 *
 * Threads. Every function may be called from any thread at any time. An engine serves any number of threads
 * at once. A session belongs to one thread at a time: a second call meanwhile returns DIAR_ERROR_BUSY, except
 * for diar_session_poll, diar_session_cancel, diar_session_message and diar_session_free. A result never
 * changes.
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
typedef struct diar_result diar_result;   /**< who spoke when */

/* --- Options --- */

typedef enum diar_device {
  DIAR_DEVICE_AUTO = 0, /**< the fastest that the library and the machine have */
  DIAR_DEVICE_CPU = 1,
  DIAR_DEVICE_MLX = 2
} diar_device;

/** docs/performance.md, "Modes", has what each saves in time and costs in errors. */
typedef enum diar_speed {
  DIAR_SPEED_EXACT = 0, /**< every window as pyannote.audio computes it */
  DIAR_SPEED_FAST = 1,
  DIAR_SPEED_FASTER = 2
} diar_speed;

/** State of a run; only borrowed during the callback. */
typedef struct diar_progress {
  size_t struct_size;
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
typedef int32_t (*diar_abort_callback)(void* user_data);

/** How a model is loaded. */
typedef struct diar_engine_params {
  size_t struct_size;
  int32_t device;      /**< a diar_device; DIAR_DEVICE_AUTO */
  int32_t num_threads; /**< 0: one for each core that the process may use */
  int32_t speed; /**< a diar_speed; DIAR_SPEED_FASTER makes an engine that is smaller and runs that alone */
  int32_t reserved; /**< 0 */
} diar_engine_params;

/** What one recording may vary. */
typedef struct diar_options {
  size_t struct_size;
  int32_t num_speakers;      /**< exactly this many; 0: not given */
  int32_t min_speakers;      /**< at least this many; 0: not given */
  int32_t max_speakers;      /**< at most this many; 0: not given */
  int32_t speed;             /**< a diar_speed; DIAR_SPEED_EXACT */
  double min_duration_s;     /**< drop shorter turns; 0 */
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
  size_t struct_size;
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

/* --- Results --- */

/** Functions take one as `kind`. */
typedef enum diar_turns {
  DIAR_TURNS_ALL = 0,      /**< speakers may overlap */
  DIAR_TURNS_EXCLUSIVE = 1 /**< at most one speaker at a time */
} diar_turns;

/** One speaker talking without a break. Never grows: what else there is to know comes from functions. */
typedef struct diar_turn {
  double start_s;
  double end_s;
  uint64_t speaker;  /**< index for diar_result_speaker */
  const char* label; /**< such as SPEAKER_00; belongs to the result */
} diar_turn;

/** Set struct_size to sizeof(diar_speaker) before you ask. */
typedef struct diar_speaker {
  size_t struct_size;
  const char* label;  /**< belongs to the result */
  double speech_s;    /**< sum of the turns' durations (DIAR_TURNS_ALL) */
  uint64_t num_turns; /**< of DIAR_TURNS_ALL */
  const float*
      embedding; /**< [embedding_dimension]; zeros for a speaker without any; belongs to the result */
  uint64_t embedding_dimension;
} diar_speaker;

/** Seconds spent in each stage. Set struct_size to sizeof(diar_timings) before you ask. */
typedef struct diar_timings {
  size_t struct_size;
  double audio_s;
  double segmentation_s;
  double embedding_s;
  double clustering_s;
  double reconstruction_s;
  double total_s; /**< wall clock */
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
/** As diar_engine_message. */
DIAR_C_API const char* diar_result_message(const diar_result* result);
/** NULL does nothing; DIAR_ERROR_HANDLE when it was freed before. Ends the life of its strings and arrays. */
DIAR_C_API diar_status diar_result_free(diar_result* result);

#ifdef __cplusplus
}
#endif

#endif /* DIAR_DIAR_H */
