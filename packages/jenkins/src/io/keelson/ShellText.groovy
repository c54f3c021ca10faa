package io.keelson

/** Text for a POSIX shell. */
class ShellText implements Serializable {
    private static final long serialVersionUID = 1L

    /** Quotes one argument: between single quotes nothing has a meaning but the single quote itself. */
    static String quote(Object argument) {
        String text = argument.toString()
        if (text.indexOf('\u0000') >= 0) {
            throw new IllegalArgumentException('An argument holds a NUL character, which no shell can pass on.')
        }
        return "'" + text.replace("'", "'\\''") + "'"
    }

    /** A command line of which every word is quoted. */
    static String commandLine(List words) {
        String line = ''
        for (int index = 0; index < words.size(); index++) {
            line += (index == 0 ? '' : ' ') + quote(words[index])
        }
        return line
    }
}
