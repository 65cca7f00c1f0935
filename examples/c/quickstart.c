/* Analyses one clip and prints what it is.
 *
 *     cc quickstart.c $(pkg-config --cflags --libs viralnow) -o quickstart && ./quickstart clip.mp4
 */
#include <stdio.h>
#include <viralnow.h>

static bool show(const vn_progress *progress, void *user_data)
{
    (void)user_data;
    fprintf(stderr, "\r%3.0f %% %-10s", 100 * progress->fraction, progress->stage);
    return true; /* false stops the call */
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "examples/media/demo.mp4";
    vn_options *options = vn_options_new();
    vn_analysis *analysis = NULL;
    vn_error *error = NULL;
    char *report = NULL;
    double score = 0;
    vn_vectors mfcc;

    vn_options_set_progress(options, show, NULL, NULL);
    vn_status status = vn_analyze(path, options, &analysis, &error);
    fputc('\n', stderr);
    if (status == VN_STATUS_OK) {
        status = vn_analysis_report(analysis, 80, &report, &error);
    }
    if (status == VN_STATUS_OK) {
        puts(report);
        if (vn_analysis_score(analysis, &score)) {
            printf("score: %.1f of 100\n", score);
        }
        if (vn_analysis_vectors(analysis, "audio", "mfcc", &mfcc, NULL) == VN_STATUS_OK) {
            printf("mfcc: %zu frames of %zu coefficients\n", mfcc.rows, mfcc.columns);
        }
        printf("payload: %.60s...\n", vn_analysis_json(analysis));
    } else {
        fprintf(stderr, "%s: %s\n", vn_error_code(error), vn_error_message(error));
    }

    vn_string_free(report);
    vn_error_free(error);
    vn_analysis_free(analysis);
    vn_options_free(options);
    return status == VN_STATUS_OK ? 0 : 1;
}
