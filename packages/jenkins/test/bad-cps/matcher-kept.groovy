def call(String text) {
    def match = text =~ /v(\d+)/
    echo(match[0][1])
}
