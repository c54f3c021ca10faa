def call() {
    return new File('package.json').text
}
