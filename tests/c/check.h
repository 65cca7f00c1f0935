/* The checks of the C tests: each program prints what does not hold and ends with the number of failures. */
#ifndef VN_TEST_CHECK_H
#define VN_TEST_CHECK_H

#include "viralnow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks;
static int failures;

#define CHECK(condition)                                                           \
    do {                                                                           \
        checks++;                                                                  \
        if (!(condition)) {                                                        \
            failures++;                                                            \
            printf("%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);  \
        }                                                                          \
    } while (0)

#define CHECK_NEAR(got, expected, tolerance)                                       \
    do {                                                                           \
        double near_got = (got), near_expected = (expected);                       \
        checks++;                                                                  \
        if (!(fabs(near_got - near_expected) <= (tolerance))) {                    \
            failures++;                                                            \
            printf("%s:%d: %s is %.9g, expected %.9g\n", __FILE__, __LINE__, #got, \
                   near_got, near_expected);                                       \
        }                                                                          \
    } while (0)

/* Checks the status of a call that was given `&error`, and that status, code and error object agree; frees the error. */
#define CHECK_STATUS(call, expected)                                               \
    do {                                                                           \
        vn_error *error = NULL;                                                    \
        vn_status status = (call);                                                 \
        checks++;                                                                  \
        if (status != (expected) || vn_error_status(error) != status ||            \
            (status == VN_STATUS_OK) != (error == NULL)) {                         \
            failures++;                                                            \
            printf("%s:%d: %s gives %s (%s), expected %s\n", __FILE__, __LINE__,   \
                   #call, vn_error_code(error), vn_error_message(error),           \
                   vn_status_code(expected));                                      \
        }                                                                          \
        vn_error_free(error);                                                      \
    } while (0)

#define CHECK_OK(call) CHECK_STATUS(call, VN_STATUS_OK)

/* As CHECK_STATUS, and the message must hold this text. */
#define CHECK_REFUSED(call, expected, text)                                        \
    do {                                                                           \
        vn_error *error = NULL;                                                    \
        vn_status status = (call);                                                 \
        checks++;                                                                  \
        if (status != (expected) || vn_error_status(error) != status ||            \
            strstr(vn_error_message(error), text) == NULL) {                       \
            failures++;                                                            \
            printf("%s:%d: %s gives %s (%s), expected %s with \"%s\"\n", __FILE__, \
                   __LINE__, #call, vn_error_code(error), vn_error_message(error), \
                   vn_status_code(expected), text);                                \
        }                                                                          \
        vn_error_free(error);                                                      \
    } while (0)

/* The content of a file, NUL-terminated. */
static inline char *read_file(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fseek(file, 0, SEEK_END);
    *count = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*count + 1);
    *count = fread(bytes, 1, *count, file);
    bytes[*count] = '\0';
    fclose(file);
    return bytes;
}

static int report(const char *name)
{
    printf("%s: %d checks, %d failures\n", name, checks, failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
