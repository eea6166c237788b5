class Decisions {
    fun branches(a: Int, b: Boolean?): Int {
        if (a > 0 && b == true || a < 0) {
            return 1
        }
        for (i in 0..a) {
            while (a > 3) {
                break
            }
        }
        try {
            return branches(1, null)
        } catch (e: Exception) {
            return 2
        }
    }

    fun chosen(a: Int): Int {
        when (a) {
            1 -> return 1
            2, 3 -> return 2
            else -> return 3
        }
    }

    fun plain(): Int {
        return 1
    }
}
