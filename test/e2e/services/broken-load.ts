// A program that breaks before it makes its service.
throw new RangeError('broken while loading')
