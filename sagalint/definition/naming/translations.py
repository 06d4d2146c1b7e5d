"""What verbs of other languages mean in English, so that `CobrarCartao` and `扣款` are read as a charge."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

_BEGINNINGS: Final[Mapping[str, str]] = {
    "charge": "cobr belast encaiss addebit",
    "pay": "pagar pagam paiem bezahl zahl betaal oplac",
    "debit": "debit abbuch",
    "collect": "einzieh einzug",
    "premium": "pramie praemie",
    "credit": "gutschr acredit abonar accredit crediter kredit",
    "refund": "reembols reintegro reintegrar estorn erstatt rueckerstatt ruckerstatt rembours rimbors terugbetal "
    "aterbetal",
    "return": "devolv devoluc",
    "cancel": "cancel anul annul storn abbestell avbok torikesh iptal batalk",
    "release": "liberar liberac liberer liberaz rilasci freigeb freigab vrijgev vrijgeef",
    "unblock": "desbloque entsperr debloqu sblocc",
    "block": "bloque sperr",
    "hold": "retener retenc",
    "reserve": "reserv riserv prenot",
    "book": "buchen buchung buche yoyaku",
    "compensate": "compens kompens",
    "undo": "deshac desfaz rueckgaengig ruckgangig ongedaan",
    "revert": "revert",
    "create": "crear criar creer creaz creac criac erstell erzeug aanmak",
    "delete": "elimin borrar excluir exclusao supprim loesch losch verwijder",
    "remove": "quitar remover entfern rimuov",
    "transfer": "transfer ueberweis uberweis virement",
    "deduct": "descont deduz deduci rebaj abzieh retranch",
    "restore": "restaurar restaurac restabl wiederherstell ripristin",
    "withdraw": "prelev abheb retirar",
    "deposit": "deposit einzahl",
    "buy": "comprar compra kauf achet achat acquist",
    "rent": "alquil alug miet louer",
    "ship": "despach expedi versend versand liefer entreg ausliefer haisou spedi",
    "send": "enviar envoy mandar sende inviar stuur verschick",
    "notify": "notific notifi benachricht avisar avvis tsuuchi verstandig verstaendig prevenir avertir comunic",
    "inform": "informar informer informier",
    "publish": "publicar publier veroffentlich veroeffentlich",
    "receipt": "recibo comprovante comprobante quittung ricevut",
    "email": "correo courriel correio",
    "event": "evento evenement ereignis",
    "wait": "espera aguard warten attendre wacht",
    "approve": "aprob aprov approuv genehmig goedkeur",
    "verify": "verific verifi verif comprob prufe pruefe uberpruf ueberpruf ueberpruef",
    "validate": "validar validier",
    "get": "obtener obter buscar recuper consultar",
    "calculate": "calcul berechn",
    "confirm": "confirm bestaetig bestatig conferm bevestig",
    "complete": "finaliz abschliess",
    "fail": "fallo fallid falla falha falho fehler fehlgeschl gescheit echec echou",
    "reject": "rechaz recus ablehn abgelehn rifiut",
    "register": "registra registrier",
    "update": "actualiz atualiz aktualisier aggiorn",
    "save": "guardar salvar gravar speicher enregistr",
    "order": "pedido orden bestell commande ordine encomenda chuumon",
    "stock": "inventari estoque existencias bestand lagerbestand magazzin voorraad zaiko",
    "repository": "repositor",
    "process": "procesar traiter verarbeit",
    "handle": "manej tratar gestion behandl",
    "issue": "emitir emettre emiss ausstell",
    "ticket": "bilhet billet bigliett passagem fahrkart",
    "message": "mensaj mensag nachricht",
    "stop": "detener detien parar arreter anhalt stopp",
    "start": "iniciar arranc demarr",
    "disable": "deshabilit desabilit inhabilit",
    "enable": "habilit",
}
"""By English word, how words that mean it begin: in Spanish, Portuguese, French, German, Italian, Dutch and others."""

_WHOLE: Final[Mapping[str, str]] = {
    "pay": "pago pagos paga pague kessai odeme",
    "release": "frei",
    "get": "hole holen leer ler lesen lire",
    "wait": "warte attendi attesa",
    "create": "crea cria cree erstelle",
    "deduct": "baixar",
    "refund": "henkin iade",
    "all": "todo todos tudo alles tout tous tutto",
    "fail": "erro fallita",
    "receipt": "recu",
    "send": "invia",
}
"""The same for words that are too short to go by their beginning."""

_WITHIN: Final[Mapping[str, str]] = {
    "charge": "扣款 扣费 收取 收费 收款 課金 청구",
    "pay": "支付 付款 決済 決濟 支払 결제 지불",
    "debit": "借记 출금",
    "credit": "入账 贷记 充值 入金 입금",
    "refund": "退款 退费 退費 返金 払い戻し 환불",
    "cancel": "取消 撤销 キャンセル 取り消し 취소",
    "release": "释放 釋放 解放 解除 해제",
    "reserve": "预留 預留 占用 予約 引当 예약",
    "book": "预订 预定 預訂 訂位",
    "compensate": "补偿 補償 보상",
    "rollback": "回滚 回滾 ロールバック 롤백",
    "create": "创建 建立 新增 作成 登録 생성",
    "delete": "删除 刪除 削除 삭제",
    "transfer": "转账 轉帳 振込 送金 이체",
    "deduct": "扣减 扣除 차감",
    "restore": "恢复 恢復 복원",
    "ship": "发货 發貨 配送 出荷 배송",
    "notify": "通知 알림 통보",
    "check": "检查 檢查 查询 查詢 确认库存 確認する 조회 확인",
    "validate": "验证 驗證 校验 検証 검증",
    "confirm": "确认 確認 확정",
    "fail": "失败 失敗 실패",
    "order": "订单 訂單 注文 주문",
    "process": "处理 處理 処理 처리",
    "update": "更新 갱신",
    "status": "状态 狀態 ステータス 상태",
}
"""By English word, what means it in Chinese, Japanese and Korean, which write no spaces."""

_ENGLISH: Final = [(one, english) for english, ones in _BEGINNINGS.items() for one in ones.split()]
_EXACT: Final = {one: english for english, ones in _WHOLE.items() for one in ones.split()}
_SPACELESS: Final = {one: english for english, ones in _WITHIN.items() for one in ones.split()}
_PARTS: Final = re.compile("|".join(sorted(_SPACELESS, key=len, reverse=True)))


def plain(name: str) -> str:
    """A name without the accents of Latin letters, and with spaces around what has none in it."""
    if name.isascii():
        return name
    parts = unicodedata.normalize("NFKD", name)
    if any(unicodedata.combining(one) for one in parts):
        name = "".join(_bare(one) for one in unicodedata.normalize("NFC", name))
    return _PARTS.sub(lambda found: f" {found[0]} ", name)


def in_script_of_its_own(name: str) -> bool:
    """Whether a name has no Latin letter, and no word that is known."""
    return not re.search("[A-Za-z]", plain(name)) and not _PARTS.search(name) and any(map(str.isalpha, name))


@cache
def english_of(word: str) -> str:
    """What a word in lower case means in English; the word itself if that is not known."""
    if word in _EXACT:
        return _EXACT[word]
    if word in _SPACELESS:
        return _SPACELESS[word]
    return next((english for beginning, english in _ENGLISH if word.startswith(beginning)), word)


def _bare(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return "ss" if letter == "ß" else base if base.isascii() and base.isalpha() else letter
