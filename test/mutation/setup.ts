// A mutant need not be told of in the smallest example: the first one that fails is enough.
import fc from 'fast-check';

fc.configureGlobal({ endOnFailure: true });
