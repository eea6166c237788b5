class Decisions {
    int branches(int a, boolean b) {
        if (a > 0 && b || a < 0) {
            return 1;
        }
        for (int i = 0; i < a; i++) {
            while (b) {
                break;
            }
        }
        switch (a) {
            case 1:
                return 2;
            case 2:
                return 3;
            default:
        }
        try {
            return branches(1, b);
        } catch (RuntimeException e) {
            return b ? 1 : 2;
        }
    }

    int plain() {
        return 1;
    }

    static class Inner {
        void loop(String[] all) {
            for (String one : all) {
                do {
                    one = null;
                } while (one != null);
            }
        }
    }
}
