/* The monitoring system: spans, events, jobs and the log. */
#include "check.h"
#include <time.h>

static int events;
static char last_topic[200];

static void heard(const char *event_json, void *user_data)
{
    ++*(int *)user_data;
    snprintf(last_topic, sizeof last_topic, "%s", strstr(event_json, "\"topic\":"));
}

static double shown;

static void progressed(const vn_job_progress *progress, void *user_data)
{
    ++*(int *)user_data;
    shown = progress->fraction;
}

int main(void)
{
    const char *folder = getenv("VN_TEST_FOLDER");
    char path[1024], settings[2048];
    snprintf(path, sizeof path, "%s/monitor.db", folder == NULL ? "." : folder);
    remove(path);
    vn_monitor *monitor = NULL;
    vn_error *error = NULL;
    CHECK(vn_monitor_open("{\"ring\": 3}", &monitor, NULL) == VN_STATUS_INVALID_CONFIG);
    snprintf(settings, sizeof settings, "{\"path\": \"%s\", \"adaptive\": false}", path);
    CHECK(vn_monitor_open(settings, &monitor, &error) == VN_STATUS_OK);

    uint32_t outer, inner, again;
    CHECK(vn_monitor_callsite(monitor, "outer", "c", __FILE__, __LINE__, 1, VN_CAPTURE_CPU, &outer, &error) == VN_STATUS_OK);
    CHECK(vn_monitor_callsite(monitor, "inner", "c", NULL, 0, 1, VN_CAPTURE_TIME, &inner, &error) == VN_STATUS_OK);
    CHECK(vn_monitor_callsite(monitor, "inner", "c", NULL, 0, 1, VN_CAPTURE_TIME, &again, &error) == VN_STATUS_OK);
    CHECK(inner == again && inner != outer);
    CHECK(vn_monitor_callsite(monitor, NULL, "c", NULL, 0, 1, 0, &again, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_monitor_callsite(monitor, "x", "c", NULL, 0, 1, 64, &again, NULL) == VN_STATUS_INVALID_INPUT);

    vn_subscription *sold = NULL, *failed = NULL;
    CHECK(vn_monitor_subscribe(monitor, "shop*", heard, &events, &sold, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(sold == NULL);
    CHECK(vn_monitor_subscribe(monitor, "shop.*", heard, &events, &sold, &error) == VN_STATUS_OK);
    CHECK(vn_monitor_subscribe(monitor, "function.failed", heard, &events, &failed, &error) == VN_STATUS_OK);

    for (int i = 0; i < 1000; i++) {
        vn_span span = vn_span_begin(monitor, outer, 0);
        vn_span within = vn_span_begin(monitor, inner, span.span);
        if (i == 7)
            vn_span_end_with(monitor, within, VN_OUTCOME_FAILED, "EIO", "the disk is gone", "i=7", "main.c:1");
        else
            vn_span_end(monitor, within, VN_OUTCOME_COMPLETED, NULL, NULL);
        vn_span_end(monitor, span, VN_OUTCOME_COMPLETED, NULL, NULL);
    }
    CHECK(vn_monitor_publish(monitor, "shop.sold", "{\"price\": 3}", &error) == VN_STATUS_OK);
    CHECK(vn_monitor_publish(monitor, "shop..sold", NULL, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_monitor_publish(monitor, "shop.sold", "{", NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_monitor_flush(monitor, 20000));
    CHECK(events == 2);
    CHECK(strstr(last_topic, "shop.sold") != NULL);

    vn_features *features = NULL;
    CHECK(vn_monitor_call(monitor, "monitor.query", "{\"status\": \"failed\"}", &features, &error) == VN_STATUS_OK);
    const char *json = vn_features_json(features);
    CHECK(strstr(json, "\"function_name\":\"inner\"") != NULL && strstr(json, "the disk is gone") != NULL);
    CHECK(strstr(json, "\"args\":\"i=7\"") != NULL && strstr(json, "main.c:1") != NULL);
    vn_features_free(features);
    CHECK(vn_monitor_call(monitor, "monitor.functions", NULL, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"calls\":1000") != NULL);
    vn_features_free(features);
    CHECK(vn_monitor_call(monitor, "monitor.nothing", NULL, &features, NULL) == VN_STATUS_NOT_FOUND);
    CHECK(vn_monitor_call(monitor, "monitor.query", "{\"limit\": 0}", &features, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_monitor_call(monitor, "monitor.query", "{\"hours\": 1, \"from_us\": 0}", &features, NULL) == VN_STATUS_INVALID_INPUT);

    /* A number that is no outcome is no way to end well. */
    vn_span odd = vn_span_begin(monitor, inner, 0);
    vn_span_end(monitor, odd, 77, "EODD", "outcome 77");
    odd = vn_span_begin(monitor, inner, 0);
    vn_span_end_with(monitor, odd, -1, "EODD", "outcome -1", NULL, NULL);
    CHECK(vn_monitor_flush(monitor, 20000));
    CHECK(vn_monitor_call(monitor, "monitor.query", "{\"status\": \"failed\", \"error_contains\": \"outcome\"}", &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "outcome 77") != NULL && strstr(vn_features_json(features), "outcome -1") != NULL);
    vn_features_free(features);

    int told = 0;
    vn_job *job = NULL;
    CHECK(vn_job_new(monitor, "render", "{\"a\": \"x\"}", &job, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_job_new(monitor, "render", "{\"a\": 1, \"b\": 3}", &job, &error) == VN_STATUS_OK);
    CHECK(vn_job_on_progress(job, progressed, &told, &error) == VN_STATUS_OK);
    vn_job_update(job, "a", 1.0);
    vn_job_update(job, "b", 0.5);
    CHECK_NEAR(vn_job_fraction(job), 0.625, 1e-12);
    vn_job_finish(job, VN_OUTCOME_COMPLETED);
    CHECK(told >= 2 && shown == 1.0);
    vn_job_free(job);
    vn_job *encoding = NULL;
    CHECK(vn_job_new(monitor, "render", "{\"a\": 1, \"b\": 3}", &job, &error) == VN_STATUS_OK);
    CHECK(vn_job_within(monitor, job, "b", "encode", "{\"c\": 1, \"d\": \"x\"}", &encoding, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_job_within(monitor, NULL, "b", "encode", "{\"c\": 1}", &encoding, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_job_within(monitor, job, "b", "encode", "{\"c\": 1, \"d\": 1}", &encoding, &error) == VN_STATUS_OK);
    vn_job_update(encoding, "c", 1.0);
    CHECK_NEAR(vn_job_fraction(encoding), 0.5, 1e-12);
    CHECK_NEAR(vn_job_fraction(job), 0.375, 1e-12);
    vn_job_finish(encoding, VN_OUTCOME_COMPLETED);
    CHECK_NEAR(vn_job_fraction(job), 0.75, 1e-12);
    vn_job_free(job);
    vn_job_free(encoding);
    CHECK(vn_job_new(monitor, "render", "{\"a\": 1}", &job, &error) == VN_STATUS_OK);
    vn_job_finish(job, 77);
    vn_job_free(job);

    /* NULL everywhere. */
    vn_span nothing = vn_span_begin(NULL, 0, 5);
    CHECK(nothing.mode == 0 && nothing.span == 5);
    vn_span_end(NULL, nothing, VN_OUTCOME_COMPLETED, NULL, NULL);
    vn_span_end(monitor, nothing, VN_OUTCOME_FAILED, NULL, NULL);
    vn_job_update(NULL, NULL, 1);
    vn_job_free(NULL);
    CHECK(!vn_monitor_flush(NULL, 1) && vn_monitor_close(NULL, 1));
    CHECK(vn_monitor_publish(NULL, "a", NULL, NULL) == VN_STATUS_INVALID_INPUT);

    vn_options *options = vn_options_new();
    CHECK(vn_options_set_monitor_system(options, monitor, &error) == VN_STATUS_OK);
    vn_analysis *analysis = NULL;
    CHECK(vn_analyze_text("Did you know?", options, &analysis, &error) == VN_STATUS_OK);
    vn_analysis_free(analysis);
    CHECK(vn_monitor_flush(monitor, 20000));
    CHECK(vn_monitor_call(monitor, "monitor.status", NULL, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"state\":\"running\"") != NULL);
    vn_features_free(features);
    CHECK(vn_monitor_call(monitor, "monitor.counts", NULL, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"module\":\"pipeline\"") != NULL);
    vn_features_free(features);
    vn_subscription_free(sold);
    vn_subscription_free(failed);
    vn_subscription_free(NULL);
    CHECK(vn_monitor_close(monitor, 20000));
    vn_options_free(options);

    /* By a configuration: redaction, log, log file and alerts. */
    char log_path[1024];
    const char *where = folder == NULL ? "." : folder;
    snprintf(path, sizeof path, "%s/configured.db", where);
    snprintf(log_path, sizeof log_path, "%s/configured.log", where);
    remove(path);
    remove(log_path);
    CHECK(vn_monitor_open("{\"config\": {\"no_such_key\": 1}}", &monitor, NULL) == VN_STATUS_INVALID_CONFIG);
    CHECK(vn_monitor_open("{\"config\": {}, \"path\": \"x.db\"}", &monitor, NULL) == VN_STATUS_INVALID_CONFIG);
    CHECK(vn_monitor_open("{\"config\": \"no such file\"}", &monitor, NULL) != VN_STATUS_OK);
    CHECK(monitor == NULL);
    char configured[4096];
    snprintf(configured, sizeof configured,
             "{\"adaptive\": false, \"config\": {\"database_path\": \"%s\", \"log_file_path\": \"%s\","
             " \"redaction\": {\"rules\": {\"order\": \"ORD-[0-9]{8}\"}}, \"update_interval\": \"100ms\","
             " \"alerts\": [{\"name\": \"sold out\", \"condition\": \"event_type == 'shop.empty'\", \"threshold\": 1,"
             " \"notification_channels\": [\"file\"]}]}}", path, log_path);
    CHECK(vn_monitor_open(configured, &monitor, &error) == VN_STATUS_OK);
    int fired = 0;
    vn_subscription *alerts = NULL;
    CHECK(vn_monitor_subscribe(monitor, "alert.fired", heard, &fired, &alerts, &error) == VN_STATUS_OK);
    CHECK(vn_monitor_callsite(monitor, "sell", "c", NULL, 0, 1, VN_CAPTURE_TIME, &outer, &error) == VN_STATUS_OK);
    vn_span_end_with(monitor, vn_span_begin(monitor, outer, 0), VN_OUTCOME_FAILED, "EGONE", "ORD-12345678 is gone", NULL, NULL);
    CHECK(vn_monitor_publish(monitor, "shop.empty", NULL, &error) == VN_STATUS_OK);
    for (time_t end = time(NULL) + 20; fired == 0 && time(NULL) < end;)
        CHECK(vn_monitor_flush(monitor, 20000));
    CHECK(fired == 1 && strstr(last_topic, "alert.fired") != NULL);
    CHECK(vn_monitor_call(monitor, "monitor.query", "{\"status\": \"failed\"}", &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "[redacted:order#") != NULL && strstr(vn_features_json(features), "12345678") == NULL);
    vn_features_free(features);
    CHECK(vn_monitor_call(monitor, "monitor.alerts", NULL, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "sold out") != NULL);
    vn_features_free(features);
    CHECK(vn_monitor_call(monitor, "monitor.alert_trial", "{\"name\": \"sold out\"}", &features, &error) == VN_STATUS_OK);
    vn_features_free(features);
    CHECK(vn_monitor_call(monitor, "monitor.alert_trial", "{\"name\": \"nothing\"}", &features, NULL) != VN_STATUS_OK);
    vn_subscription_free(alerts);
    CHECK(vn_monitor_close(monitor, 20000));
    FILE *log = fopen(log_path, "r");
    int told_of = 0;
    for (char line[4096]; log != NULL && fgets(line, sizeof line, log) != NULL;)
        told_of += strstr(line, "sold out") != NULL;
    CHECK(told_of >= 1);
    if (log != NULL)
        fclose(log);
    return report("monitor");
}
