"""Operations shows the people who run the shop what it does, and what it could not do."""
