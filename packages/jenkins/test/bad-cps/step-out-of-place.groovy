@NonCPS
def call(String text) {
    echo(text)
}
