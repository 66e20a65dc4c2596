/* Keeps as many small blocks as it is told to. */
#include <stdio.h>
#include <stdlib.h>

int main(int count, char** words) {
    const int wanted = count > 1 ? atoi(words[1]) : 0;
    static char* kept[1000000];
    for (int i = 0; i < wanted; ++i) {
        kept[i] = malloc(64);
        if (kept[i] == NULL) {
            printf("no memory after %d\n", i);
            return 1;
        }
        kept[i][0] = 1;
    }
    printf("%d blocks\n", wanted);
    return 0;
}
