/* Stands for a library of the right name that is not the right one. */
int mi_version(void) { return FAKE_VERSION; }
void* mi_malloc(unsigned long size) { return (void)size, (void*)0; }
