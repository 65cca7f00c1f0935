/* A small reader of JSON for the tests: documents into a tree, values by JSON pointer (RFC 6901). */
#ifndef VN_TEST_JSON_H
#define VN_TEST_JSON_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT } json_type;

typedef struct json json;
struct json {
    json_type type;
    double number; /* also of a truth value */
    char *text;
    char **keys;
    json *items;
    size_t count;
};

static void json_fail(const char *at)
{
    fprintf(stderr, "this is not JSON: %.40s\n", at);
    abort();
}

static const char *json_space(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') {
        at++;
    }
    return at;
}

static const char *json_text(const char *at, char **out)
{
    if (*at++ != '"') {
        json_fail(at - 1);
    }
    char *text = malloc(strlen(at) + 1), *to = text;
    while (*at != '"') {
        if (*at == '\0') {
            json_fail(at);
        }
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        at++;
        const char *plain = strchr("\"\\/bfnrt", *at);
        if (*at != 'u' && plain != NULL) {
            *to++ = "\"\\/\b\f\n\r\t"[plain - "\"\\/bfnrt"];
            at++;
            continue;
        }
        unsigned code = 0, low = 0;
        if (sscanf(at, "u%4x", &code) != 1) {
            json_fail(at);
        }
        at += 5;
        if (code >= 0xd800 && code < 0xdc00 && sscanf(at, "\\u%4x", &low) == 1) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            at += 6;
        }
        if (code < 0x80) {
            *to++ = (char)code;
        } else if (code < 0x800) {
            *to++ = (char)(0xc0 | code >> 6);
            *to++ = (char)(0x80 | (code & 0x3f));
        } else if (code < 0x10000) {
            *to++ = (char)(0xe0 | code >> 12);
            *to++ = (char)(0x80 | (code >> 6 & 0x3f));
            *to++ = (char)(0x80 | (code & 0x3f));
        } else {
            *to++ = (char)(0xf0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3f));
            *to++ = (char)(0x80 | (code >> 6 & 0x3f));
            *to++ = (char)(0x80 | (code & 0x3f));
        }
    }
    *to = '\0';
    *out = realloc(text, (size_t)(to - text) + 1);
    return at + 1;
}

static const char *json_value(const char *at, json *out)
{
    memset(out, 0, sizeof *out);
    at = json_space(at);
    if (*at == '{' || *at == '[') {
        char close = *at == '{' ? '}' : ']';
        out->type = *at == '{' ? JSON_OBJECT : JSON_ARRAY;
        at = json_space(at + 1);
        while (*at != close) {
            if (out->count > 0) {
                if (*at != ',') {
                    json_fail(at);
                }
                at = json_space(at + 1);
            }
            out->items = realloc(out->items, (out->count + 1) * sizeof *out->items);
            if (out->type == JSON_OBJECT) {
                out->keys = realloc(out->keys, (out->count + 1) * sizeof *out->keys);
                at = json_space(json_text(at, &out->keys[out->count]));
                if (*at++ != ':') {
                    json_fail(at - 1);
                }
            }
            at = json_space(json_value(at, &out->items[out->count]));
            out->count++;
        }
        return at + 1;
    }
    if (*at == '"') {
        out->type = JSON_TEXT;
        return json_text(at, &out->text);
    }
    if (strncmp(at, "null", 4) == 0) {
        return at + 4;
    }
    if (strncmp(at, "true", 4) == 0 || strncmp(at, "false", 5) == 0) {
        out->type = JSON_BOOL;
        out->number = *at == 't';
        return at + (*at == 't' ? 4 : 5);
    }
    char *end;
    out->type = JSON_NUMBER;
    out->number = strtod(at, &end);
    if (end == at) {
        json_fail(at);
    }
    return end;
}

/* Reads a document; freed with json_free. */
static json *json_parse(const char *document)
{
    json *root = malloc(sizeof *root);
    if (document == NULL || *json_space(json_value(document, root)) != '\0') {
        json_fail(document == NULL ? "NULL" : document);
    }
    return root;
}

static void json_clear(json *value)
{
    for (size_t i = 0; i < value->count; i++) {
        if (value->keys != NULL) {
            free(value->keys[i]);
        }
        json_clear(&value->items[i]);
    }
    free(value->keys);
    free(value->items);
    free(value->text);
}

static inline void json_free(json *root)
{
    json_clear(root);
    free(root);
}

/* The member of this name, or NULL. */
static const json *json_member(const json *object, const char *key, size_t length)
{
    for (size_t i = 0; object != NULL && object->keys != NULL && i < object->count; i++) {
        if (strlen(object->keys[i]) == length && strncmp(object->keys[i], key, length) == 0) {
            return &object->items[i];
        }
    }
    return NULL;
}

/* The value at a JSON pointer, such as "/media/kind"; NULL when there is none. The names in our documents hold no `~`. */
static const json *json_at(const json *value, const char *pointer)
{
    while (value != NULL && *pointer == '/') {
        const char *key = pointer + 1;
        size_t length = strcspn(key, "/");
        if (value->type == JSON_ARRAY) {
            size_t index = strtoul(key, NULL, 10);
            value = index < value->count ? &value->items[index] : NULL;
        } else {
            value = json_member(value, key, length);
        }
        pointer = key + length;
    }
    return value;
}

/* The number there; NaN when there is none. */
static inline double json_number_at(const json *value, const char *pointer)
{
    const json *found = json_at(value, pointer);
    return found != NULL && found->type == JSON_NUMBER ? found->number : (double)NAN;
}

/* The text there; "" when there is none. */
static inline const char *json_text_at(const json *value, const char *pointer)
{
    const json *found = json_at(value, pointer);
    return found != NULL && found->type == JSON_TEXT ? found->text : "";
}

#endif
