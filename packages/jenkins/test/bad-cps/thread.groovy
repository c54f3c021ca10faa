def call() {
    Thread.start { println 'beside' }
}
